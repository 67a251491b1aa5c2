#!/bin/sh
# SPDX-License-Identifier: MIT
# README can be read in five minutes: its two commands are the first thing in it, the
# recording comes next, it is short, what its tour names exists, and whatever else there
# is to read can be found from it.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/functions.sh"

readme=$top_srcdir/README.md

for command in './bootstrap demo' './bootstrap check'; do
  head -n 12 "$readme" | grep -qF "$command" ||
    fail "README does not begin with $command"
done
head -n 20 "$readme" | grep -qF '(docs/demo/demo.svg)' ||
  fail "README does not begin with the recording"

# At 250 words a minute, and with time to look at the recording.
words=$(wc -w <"$readme")
[ "$words" -le 1300 ] || fail "README has $words words: move some of them to docs/"
[ "$(wc -l <"$readme")" -le 180 ] || fail "README has more than 180 lines"

# Paths and file names between backquotes in the tour, one a line.
sed -n '/^## A tour of the source/,/^## Tests/p' "$readme" |
  grep -o '`[^`]*`' | tr -d '`' | grep -E '/$|\.(c|h|sh|md)$' >"$scratch/named"
[ "$(wc -l <"$scratch/named")" -ge 8 ] || fail "the tour was not found"
while read -r name; do
  found=$(find "$top_srcdir" -path "$top_srcdir/build*" -prune -o \
            -path "$top_srcdir/${name%/}" -print -o -name "${name%/}" -print | head -n 1)
  [ -n "$found" ] || fail "README's tour names $name, which does not exist"
done <"$scratch/named"

# Each folder at the top is in the tour.
for folder in "$top_srcdir"/*/; do
  name=$(basename "$folder")/
  case $name in
    build*/ | m4/ | docs/ | autom4te.cache/ | _*/) ;;
    *) grep -qxF "$name" "$scratch/named" || fail "README's tour does not name $name" ;;
  esac
done

# Each page is linked.
(cd "$top_srcdir" && ls SECURITY.md CONTRIBUTING.md docs/*.md) >"$scratch/pages"
while read -r page; do
  grep -qF "($page)" "$readme" || fail "README does not link $page"
done <"$scratch/pages"
