#!/bin/sh
# SPDX-License-Identifier: MIT
# QEMU's tools read images right, and the holes that clients see are the zeroes of
# the image.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip qemu-img python3

cd "$TMP"
make_image raw 12
truncate -s 12M raw
xz -0 -T2 --block-size=1MiB -c raw >raw.xz
gzip -1 -c raw >raw.gz

# The runs of zeroes and of data of a file, at 64 KiB.
cat >runs.py <<'END'
import sys
data = open(sys.argv[1], 'rb').read()
runs = []
for o in range(0, len(data), 65536):
    piece = data[o:o + 65536]
    kind = 0 if any(piece) else 3
    if runs and runs[-1][2] == kind:
        runs[-1][1] += len(piece)
    else:
        runs.append([o, len(piece), kind])
for run in runs:
    print(*run)
END
python3 runs.py raw >expected

for file in raw.xz raw.gz; do
  start_nbdkit "$PLUGIN" "$file"
  qemu-img convert -f raw -O raw "$(uri_of disk)" copy || fail "$file: qemu-img convert"
  cmp raw copy || fail "$file: qemu-img convert"
  rm copy
  nbdinfo --map "$(uri_of disk)" | awk '{ print $1, $2, $3 }' >map
  diff expected map || fail "$file: nbdinfo --map"
  qemu-img map -f raw --output=json "$(uri_of disk)" >map.json || fail "$file: qemu-img map"
  python3 -c '
import json
for e in json.load(open("map.json")):
    print(e["start"], e["length"], 3 if e["zero"] else 0)' >map
  diff expected map || fail "$file: qemu-img map"
  qemu-img compare -f raw -F raw raw "$(uri_of disk)" >/dev/null || fail "$file: compare"
  stop_nbdkit
done
