#!/bin/sh
# SPDX-License-Identifier: MIT
# clang-tidy finds nothing in the programs' sources; .clang-tidy says what it looks
# for.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/functions.sh"
requires clang-tidy --version

# look_at FILE...: what is found is in $scratch/found.  Not a memory leak: it does not
# know that locals are released by attributes (common/cleanup.h).  A process for each
# file, for in one for many clang-tidy 14 thinks that no va_list is initialized.
look_at ()
{
  status=0
  printf '%s\n' "$@" | xargs -n 1 -P "$(nproc)" clang-tidy --quiet -p "$scratch" \
    --config-file="$top_srcdir/.clang-tidy" >"$scratch/said" 2>"$scratch/errors" ||
    status=$?
  sed "s,^$top_srcdir/,,; s,^/[^:]*/\.\./,," "$scratch/said" |
    grep -E '^[^ ].*: (warning|error): ' | grep -v ': Potential leak of memory ' |
    sort -u >"$scratch/found" || :
}

cat >"$scratch/wrong.c" <<'END'
#include <stdlib.h>
int *wrong (void);
int *wrong (void) { int *p = malloc (sizeof *p); free (p); *p = 1; return p; }
END
echo "[{\"directory\": \"$scratch\", \"file\": \"wrong.c\", \"command\": \"clang wrong.c\"}]" \
  >"$scratch/compile_commands.json"
look_at "$scratch/wrong.c"
grep -q 'after it is freed' "$scratch/found" ||
  fail "nothing was found where something is wrong: $(cat "$scratch/said" "$scratch/errors")"

sh "$top_srcdir/tests/compile-commands.sh" "$top_builddir" common client \
  nbdkit-plugin helper:flash-helper >"$scratch/compile_commands.json"
# shellcheck disable=SC2046 # no blanks in the names of our files
set -- $(sed -n 's,.* "file": "\([^"]*\)".*,\1,p' "$scratch/compile_commands.json")
[ $# -gt 250 ] || fail "only $# sources were found"
look_at "$@"
[ ! -s "$scratch/found" ] || fail "clang-tidy:
$(cat "$scratch/found")"
[ "$status" -eq 0 ] || fail "clang-tidy: $(cat "$scratch/errors")"
