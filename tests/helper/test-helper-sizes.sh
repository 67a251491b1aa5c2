#!/bin/sh
# SPDX-License-Identifier: MIT
# The table of the helpers' sizes: it is held to 1.5 MB, and to all decoders.

set -u
# shellcheck source=tests/functions.sh
. "$(dirname -- "$0")/../functions.sh"
table=$top_srcdir/helper/cross-build/size-table.sh
deployed=$top_builddir/helper/deployed

# table PROGRAM...: to $scratch/table; the status in $status
make_table ()
{
  status=0
  sh "$table" "$@" >"$scratch/table" 2>&1 || status=$?
}

echo "# what the build made"
built=0
for program in "$deployed"/flash-helper-*; do
  arch=${program##*/flash-helper-}
  # A build in place is made of the system's libraries, which are larger.
  [ -e "$top_builddir/helper/arch/$arch" ] || continue
  make_table "$program"
  cat "$scratch/table"
  [ "$status" = 0 ] || fail "$arch"
  grep -Eq "^$arch +[0-9]+  raw xz gzip zip zstd bzip2$" "$scratch/table" ||
    fail "$arch: $(cat "$scratch/table")"
  built=$((built + 1))
done

echo "# one byte too much"
for sign in 'an xz image' 'a gzip image' 'a zip archive' 'a zstd image' 'a bzip2 image'; do
  echo "$sign"
done >"$scratch/flash-helper-fat"
truncate -s 1500000 "$scratch/flash-helper-fat"
make_table "$scratch/flash-helper-fat"
[ "$status" = 0 ] || fail "1500000 bytes: $(cat "$scratch/table")"
truncate -s 1500001 "$scratch/flash-helper-fat"
make_table "$scratch/flash-helper-fat"
[ "$status" = 1 ] || fail "1500001 bytes pass"
grep -q 'has more than 1500000 bytes' "$scratch/table" || fail "$(cat "$scratch/table")"

echo "# a decoder is missing"
sed -i 's/a zstd image//' "$scratch/flash-helper-fat"
truncate -s 1000 "$scratch/flash-helper-fat"
make_table "$scratch/flash-helper-fat"
[ "$status" = 1 ] || fail "a helper without zstd passes"
grep -q 'has no zstd' "$scratch/table" || fail "$(cat "$scratch/table")"

[ "$built" -gt 0 ] || skip "this build has no helper of small libraries"
