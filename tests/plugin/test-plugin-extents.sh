#!/bin/sh
# SPDX-License-Identifier: MIT
# nbdinfo --map: holes are found at a granularity of 64 KiB, and nowhere else.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip

cd "$TMP"
# 20 MiB: data in [2 MiB, 3 MiB), one byte at 9 MiB - 1, nothing else.
truncate -s 20M raw
head -c 1048576 /dev/urandom | dd of=raw bs=1M seek=2 conv=notrunc status=none
printf x | dd of=raw bs=1 seek=9437183 conv=notrunc status=none
xz -0 -T2 --block-size=1MiB -c raw >blocks.xz
xz -0 -T1 -c raw >one-block.xz
gzip -1 -c raw >one.gz

cat >expected <<'END'
0 2097152 3
2097152 1048576 0
3145728 6225920 3
9371648 65536 0
9437184 11534336 3
END

for file in blocks.xz one-block.xz one.gz; do
  for cache in 64M 2M; do
    echo "== $file, cache=$cache"
    nbdkit -U - "$PLUGIN" "$file" cache="$cache" --run 'nbdinfo --map "$uri"' |
      awk '{ print $1, $2, $3 }' >map
    diff expected map || fail "$file: wrong extents"
  done
done

# raw: whatever the file system keeps as holes.
nbdkit -U - "$PLUGIN" raw --run 'nbdinfo --map --totals "$uri"' >map
cat map
if [ "$(stat -c '%b' raw)" -lt 40000 ]; then
  grep -q 'hole' map || fail "raw: no holes"
fi
