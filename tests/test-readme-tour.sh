#!/bin/sh
# SPDX-License-Identifier: MIT
# What README names exists, and its two commands are the first thing in it.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/functions.sh"

readme=$top_srcdir/README.md

# Paths and file names between backquotes in the tour, one a line.
sed -n '/^## A tour of the source/,/^## Tests/p' "$readme" |
  grep -o '`[^`]*`' | tr -d '`' | grep -E '/$|\.(c|h|sh|md)$' >"$scratch/named"
[ "$(wc -l <"$scratch/named")" -ge 8 ] || fail "the tour was not found"
while read -r name; do
  found=$(find "$top_srcdir" -path "*/build*" -prune -o \
            -path "$top_srcdir/${name%/}" -print -o -name "${name%/}" -print | head -n 1)
  [ -n "$found" ] || fail "README's tour names $name, which does not exist"
done <"$scratch/named"

for command in './bootstrap demo' './bootstrap check'; do
  head -n 12 "$readme" | grep -qF "$command" ||
    fail "README does not begin with $command"
done
