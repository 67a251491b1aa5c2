#!/bin/sh
# SPDX-License-Identifier: MIT
# A flipped bit in the middle of an image: an error for the Block that it is in,
# and everything else stays readable.  The log says which file, where, and why.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip

flip ()         # flip FILE OFFSET: change one bit
{
  byte=$(od -An -tu1 -j"$2" -N1 "$1" | tr -d ' ')
  # The format is the byte itself.
  # shellcheck disable=SC2059
  printf "\\$(printf %03o "$((byte ^ 16))")" |
    dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

make_image "$TMP/raw" 8
xz -0 -T2 --block-size=1MiB -c "$TMP/raw" >"$TMP/image.xz"

# The middle of the fifth Block.
place=$(xz --list -vv --robot "$TMP/image.xz" |
  awk '$1 == "block" && $4 == 5 { print $5 + int ($7 / 2) }')
flip "$TMP/image.xz" "$place"

start_nbdkit "$PLUGIN" "$TMP/image.xz"
for export in disk ''; do
  ./hostile-client read "$(uri_of "$export")" "$TMP/raw" 1048576 2 >"$TMP/out" ||
    fail "wrong bytes were served"
  cat "$TMP/out"
  [ "$(grep -c '^error 4194304$' "$TMP/out")" -eq 2 ] || fail "not the fifth Block"
  grep -q '^bad 2$' "$TMP/out" || fail "more than the fifth Block"
  grep -q '^good 16$' "$TMP/out" || fail "something else was not read"
done
grep -q "$TMP/image.xz: .* in Block 5 at offset [0-9]* (disk view: 4194304 to" \
  "$TMP/log" || fail "no clear error: $(cat "$TMP/log")"
stop_nbdkit

# No format lets a whole copy of a damaged image pass for one, nor kills the server.
xz -0 -T1 -c "$TMP/raw" >"$TMP/one-block.xz"
gzip -1 -c "$TMP/raw" >"$TMP/image.gz"
for file in one-block.xz image.gz; do
  size=$(stat -c %s "$TMP/$file")
  flip "$TMP/$file" $((size / 2))
  start_nbdkit "$PLUGIN" "$TMP/$file"
  for i in 1 2; do
    if nbdcopy "$(uri_of disk)" null: 2>"$TMP/err"; then
      fail "$file: copied, time $i"
    fi
  done
  grep -q "$TMP/$file: .*\(byte\|offset\) [0-9]" "$TMP/log" ||
    fail "no clear error: $(cat "$TMP/log")"
  nbdcopy "$(uri_of stored)" "$TMP/stored" || fail "the stored view"
  cmp "$TMP/stored" "$TMP/$file" || fail "the stored view differs"
  stop_nbdkit
done
