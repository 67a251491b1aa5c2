#!/bin/sh
# SPDX-License-Identifier: MIT
# The catalogue of errors: each code is used, none is there twice, none has
# vanished, and the page is made from it.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/functions.sh"

common=$top_srcdir/common
page=$top_srcdir/docs/troubleshooting.md

# catalogue FORMAT FILE...: what error-catalogue.awk makes of it.
catalogue ()
{
  format=$1
  shift
  awk -v "format=$format" -f "$common/error-catalogue.awk" "$@"
}

catalogue codes "$common/error-catalogue.def" >"$scratch/codes" ||
  fail "the catalogue is not in order"
[ "$(wc -l <"$scratch/codes")" -ge 60 ] || fail "the catalogue was not understood"
LC_ALL=C sort "$scratch/codes" >"$scratch/sorted"
diff "$common/error-codes.txt" "$scratch/sorted" >&2 ||
  fail "a code has vanished (<: put it back), or is new (>: make update-errors)"

# What the code uses: in C by name, in the script of the board by code.
find "$top_srcdir/client" "$common" "$top_srcdir/helper" "$top_srcdir/nbdkit-plugin" \
  -name '*.c' -exec grep -ohE 'ERROR_[A-Z][A-Z_]*' {} + | sort -u >"$scratch/in-c"
sed -nE -e 's/.*fail ([a-z]+(-[a-z]+)*) ".*/\1/p' -e 's/.* code=([a-z-]+) .*/\1/p' \
  "$top_srcdir/helper/flash.sh" | sort -u >"$scratch/in-script"
[ "$(wc -l <"$scratch/in-script")" -ge 4 ] || fail "flash.sh was not understood"
while read -r code; do
  grep -qx "ERROR_$(echo "$code" | tr a-z- A-Z_)" "$scratch/in-c" ||
    grep -qx -- "$code" "$scratch/in-script" || fail "nothing uses $code"
done <"$scratch/codes"
while read -r code; do
  grep -qx -- "$code" "$scratch/codes" || fail "flash.sh has a code of its own: $code"
done <"$scratch/in-script"
! grep -nE "fail [\"']" "$top_srcdir/helper/flash.sh" >&2 ||
  fail "flash.sh fails without a code"

catalogue markdown "$common/error-catalogue.def" "$page" >"$scratch/page"
diff "$page" "$scratch/page" >&2 ||
  fail "docs/troubleshooting.md is not made from the catalogue: make update-errors"
# Its beginning is written by hand.
sed '/catalogue: begin/,$d' "$page" | grep -oE '\(`[a-z-]+`(, `[a-z-]+`)*\)' |
  grep -oE '[a-z-]+' >"$scratch/explained"
[ "$(wc -l <"$scratch/explained")" -ge 10 ] || fail "the page does not begin as it did"
while read -r code; do
  grep -qx -- "$code" "$scratch/codes" || fail "the page explains $code, which is none"
done <"$scratch/explained"

# Each code is in the man page.
catalogue pod "$common/error-catalogue.def" \
  "$top_srcdir/client/flash-live-remote-errors.pod" >"$scratch/pod"
sed -n 's/^=item B<\([a-z-]*\)>$/\1/p' "$scratch/pod" >"$scratch/in-pod"
diff "$scratch/codes" "$scratch/in-pod" >&2 || fail "the man page lacks codes"

# spoil SED WORDS: a catalogue that is changed so is refused with these words.
spoil ()
{
  sed "$1" "$common/error-catalogue.def" >"$scratch/spoilt.def"
  ! cmp -s "$common/error-catalogue.def" "$scratch/spoilt.def" || fail "no change: $1"
  ! catalogue codes "$scratch/spoilt.def" >"$scratch/out" 2>&1 || fail "not refused: $1"
  grep -q "$2" "$scratch/out" || { cat "$scratch/out" >&2; fail "not said: $2"; }
}

spoil 's/DISK_READ_ONLY, "disk-read-only"/DISK_TOO_SMALL, "disk-too-small"/' 'there twice'
spoil 's/"disk-too-small"/"disk-small"/' 'not the code of'
spoil 's/"disk-too-small", UNTOUCHED/"disk-too-small", FINE/' 'no such state'
spoil "s/than the board's disk\.\"/than the board's disk\"/" 'not one plain sentence'
spoil '/^ERROR_GROUP ("The command line")/d' 'before the first group'
