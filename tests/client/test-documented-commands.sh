#!/bin/sh
# SPDX-License-Identifier: MIT
# Every command line of flash-live-remote that the documents and man pages show is one
# that it understands.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"

# commands_of PAGE: the arguments of each, a line a command: of indented lines (which may
# go on after a backslash) and of what stands between backquotes.  A synopsis, a pipe, a
# command with redirections and a mere option are none.
commands_of ()
{
  sed -e ':again' -e '/\\$/{N;s/\\\n *//;t again' -e '}' "$1" >"$scratch/page"
  {
    grep -E '^ +([$#] )?(\./run )?flash-live-remote ' "$scratch/page" || :
    # shellcheck disable=SC2016
    grep -oE '`(\./run )?flash-live-remote [^`]+`' "$scratch/page" | tr -d '`' || :
  } | sed -n 's/^.*flash-live-remote  *//p' | sed 's/  *# .*$//' |
    grep -vE '[][|<>;&]|\.\.\.|OPTIONS|COMMAND|^(-[^ ]* *)*$' || :
}

count=0
for page in "$top_srcdir"/*.md "$top_srcdir"/docs/*.md "$top_srcdir"/ansible/*.md \
            "$top_srcdir"/*/*.pod; do
  commands_of "$page" >"$scratch/commands"
  while read -r arguments; do
    eval "set -- $arguments"
    ./parse-options "$@" 2>"$scratch/words" </dev/null ||
      fail "$page: flash-live-remote $arguments: $(cat "$scratch/words")"
    count=$((count + 1))
  done <"$scratch/commands"
done
[ "$count" -ge 40 ] || fail "only $count commands were found"

# What README begins with is among them.
commands_of "$top_srcdir/README.md" >"$scratch/commands"
for option in --dry-run --keep --config --wait --jobs --stream --local; do
  grep -qe "$option" "$scratch/commands" || fail "README shows no $option"
done
