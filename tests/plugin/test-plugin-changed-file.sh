#!/bin/sh
# SPDX-License-Identifier: MIT
# An image that is modified while it is served gives EIO and a clear message.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip

make_image "$TMP/raw" 2
xz -0 -c "$TMP/raw" >"$TMP/image.xz"
gzip -1 -c "$TMP/raw" >"$TMP/image.gz"
cp "$TMP/raw" "$TMP/image.raw"

for file in image.raw image.xz image.gz; do
  echo "== $file"
  start_nbdkit "$PLUGIN" "$TMP/$file"
  nbdcopy "$(uri_of disk)" null: || fail "$file: before"
  sleep 0.02                    # the clock of mtime may tick coarsely
  printf x | dd of="$TMP/$file" bs=1 seek=100 conv=notrunc status=none
  for export in disk stored; do
    if nbdcopy "$(uri_of "$export")" null: 2>/dev/null; then
      fail "$file: a modified file was served as $export"
    fi
  done
  grep -q "the file changed while it was open" "$TMP/log" ||
    fail "no clear error: $(cat "$TMP/log")"
  stop_nbdkit
done
