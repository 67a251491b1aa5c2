#!/bin/sh
# SPDX-License-Identifier: MIT
# Each option of flash-live-remote that README and docs/ name is in its man page.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/functions.sh"

manual=$top_srcdir/client/flash-live-remote.pod

# The command lines, with those that go on after a backslash.
for page in "$top_srcdir/README.md" "$top_srcdir"/docs/*.md; do
  sed -e ':again' -e '/\\$/{N;s/\\\n//;t again' -e '}' "$page" |
    grep -E '(^ {4}|`).*flash-live-remote ' | grep -oE -- '--[a-z][a-z-]*' |
    sort -u >"$scratch/options" || :
  while read -r option; do
    grep -qF -- "B<$option" "$manual" ||
      fail "$page names $option, which the man page does not have"
    echo "$option" >>"$scratch/all"
  done <"$scratch/options"
done
[ "$(sort -u "$scratch/all" | wc -l)" -ge 6 ] || fail "no options were found"
