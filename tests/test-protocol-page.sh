#!/bin/sh
# SPDX-License-Identifier: MIT
# docs/protocol.md names each command of flash-helper.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/functions.sh"

grep -o -e '`[^`]*`' -e '^| [a-z, -]* |' "$top_srcdir/docs/protocol.md" |
  tr -sc 'a-z-' '\n' >"$scratch/words"
sed -n 's/^  { "\([a-z-]*\)", .*/\1/p' "$top_srcdir/helper/flash-helper.c" \
  >"$scratch/commands"
[ "$(wc -l <"$scratch/commands")" -ge 25 ] || fail "no commands were found"
while read -r command; do
  grep -qxF -- "$command" "$scratch/words" ||
    fail "the page does not name flash-helper $command"
done <"$scratch/commands"
