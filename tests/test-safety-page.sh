#!/bin/sh
# SPDX-License-Identifier: MIT
# docs/safety.md: each of the seven laws names tests that are in a Makefile's list,
# and files that exist.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/functions.sh"

page=$top_srcdir/docs/safety.md

# The names between backquotes of standard input, one a line.
quoted_names ()
{
  grep -o '`[^`]*`' | tr -d '`'
}

cat "$top_srcdir"/tests/*/Makefile.am | tr -sc 'A-Za-z0-9.-' '\n' >"$scratch/listed"
[ "$(grep -c '^test-' "$scratch/listed")" -ge 50 ] || fail "no lists of tests were found"

for law in 1 2 3 4 5 6 7; do
  sed -n "/^## Law $law:/,/^## Law $((law + 1)):/p" "$page" >"$scratch/law"
  sed -n '/^\*Held by\*/,$p' "$scratch/law" | quoted_names | grep '^test-' \
    >"$scratch/tests" || fail "law $law names no test"
  while read -r name; do
    grep -qxF -- "$name" "$scratch/listed" ||
      fail "law $law names $name, which no Makefile lists"
  done <"$scratch/tests"
done

quoted_names <"$page" | grep '/.*\.[a-z]*$' >"$scratch/files"
[ "$(wc -l <"$scratch/files")" -ge 20 ] || fail "the page names too few files"
while read -r name; do
  [ -e "$top_srcdir/$name" ] || fail "the page names $name, which does not exist"
done <"$scratch/files"
