#!/bin/sh
# SPDX-License-Identifier: MIT
# docs/safety.md: each of the seven laws names tests that are in a Makefile's list,
# and files that exist; so does SECURITY.md.  No test that holds a law by its very name
# is missing there.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/functions.sh"

page=$top_srcdir/docs/safety.md

# The names between backquotes of standard input, one a line.
quoted_names ()
{
  grep -o '`[^`]*`' | tr -d '`'
}

cat "$top_srcdir"/tests/Makefile.am "$top_srcdir"/tests/*/Makefile.am | tr -sc 'A-Za-z0-9.-' '\n' >"$scratch/listed"
[ "$(grep -c '^test-' "$scratch/listed")" -ge 50 ] || fail "no lists of tests were found"

# expect_listed WHO: names no other tests, in $scratch/tests.
expect_listed ()
{
  while read -r name; do
    grep -qxF -- "$name" "$scratch/listed" ||
      fail "$1 names $name, which no Makefile lists"
  done <"$scratch/tests"
}

for law in 1 2 3 4 5 6 7; do
  sed -n "/^## Law $law:/,/^## Law $((law + 1)):/p" "$page" >"$scratch/law"
  sed -n '/^\*Held by\*/,$p' "$scratch/law" | quoted_names | grep '^test-' \
    >"$scratch/tests" || fail "law $law names no test"
  expect_listed "law $law"
done

# A new test of these kinds holds a law: the page must say which.
grep -E '^test-(refuse|keep|local|wait|lifeboat|interrupt|connection|session|verify|sudo)' \
  "$scratch/listed" >"$scratch/tests"
grep -E '^test-(rehearse|e2e|many-boards-.*(trouble|lost|interrupt|refused|question)|confine)' \
  "$scratch/listed" >>"$scratch/tests"
find "$top_srcdir/tests/board" -name 'test-*.sh' ! -name test-runner.sh \
  -exec basename {} ';' >>"$scratch/tests"
[ "$(wc -l <"$scratch/tests")" -ge 60 ] || fail "the tests of the laws were not found"
sort -u "$scratch/tests" | while read -r name; do
  quoted_names <"$page" | grep -qxF -- "$name" || echo "$name"
done >"$scratch/forgotten"
[ ! -s "$scratch/forgotten" ] ||
  fail "no law is said to be held by $(tr '\n' ' ' <"$scratch/forgotten")"

# expect_files PAGE COUNT: it names at least so many files, which exist.
expect_files ()
{
  quoted_names <"$1" | grep '^[^~]*/.*\.[a-z]*$' >"$scratch/files"
  [ "$(wc -l <"$scratch/files")" -ge "$2" ] || fail "$1 names too few files"
  while read -r name; do
    [ -e "$top_srcdir/$name" ] || fail "$1 names $name, which does not exist"
  done <"$scratch/files"
}

expect_files "$page" 20

security=$top_srcdir/SECURITY.md
expect_files "$security" 1
quoted_names <"$security" | grep '^test-' >"$scratch/tests" ||
  fail "SECURITY.md names no test"
expect_listed SECURITY.md
