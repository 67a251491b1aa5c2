#!/bin/sh
# SPDX-License-Identifier: MIT
# docs/source-tour.md: each file and folder that it names exists, and each source file,
# script and manual of the programs is named there.  Each file of the tests is in the
# Makefile.am of its folder, so that the tarball has it.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/functions.sh"

tour=$top_srcdir/docs/source-tour.md

# What stands between backquotes, one a line.
grep -o '`[^` ]*`' "$tour" | tr -d '`' | sort -u >"$scratch/words"

# The files of the tree, without what a build makes.
(cd "$top_srcdir" &&
  find . \( -name 'build*' ! -name '*.*' -o -name '.*' ! -name . -o -name '*.cache' \) \
    -type d -prune -o -type f -print | sed 's,^\./,,') >"$scratch/files"

grep -E '/$' "$scratch/words" >"$scratch/folders"
[ "$(wc -l <"$scratch/folders")" -ge 15 ] || fail "the folders were not found"
while read -r name; do
  [ -d "$top_srcdir/$name" ] || fail "the tour names the folder $name, which does not exist"
done <"$scratch/folders"

grep -E '^[^.].*\.(c|h|sh|pod|md|in|am|ac|json|conf|cfg|spec|socket|sysusers|fish|yml|txt)$' \
  "$scratch/words" | grep -vxF image-server.conf >"$scratch/named"
[ "$(wc -l <"$scratch/named")" -ge 250 ] || fail "the tour names too few files"
awk -v files="$scratch/files" '
  BEGIN { while ((getline name <files) > 0) {
            there[name] = 1; sub (/.*\//, "", name); there[name] = 1 } }
  !($0 in there)' "$scratch/named" >"$scratch/missing"
[ ! -s "$scratch/missing" ] ||
  fail "the tour names what does not exist: $(tr '\n' ' ' <"$scratch/missing")"

# With one of a .c and its .h the other is named, too.
sed -e 's,.*/,,' -e 's/\.[ch]$//' "$scratch/named" | sort -u >"$scratch/stems"
grep -E '^(client|helper|common|nbdkit-plugin|image-server)/.*\.(c|h|sh|pod)$' \
  "$scratch/files" | awk -v stems="$scratch/stems" '
    BEGIN { while ((getline stem <stems) > 0) named[stem] = 1 }
    { stem = $0; sub (/.*\//, "", stem); sub (/\.[ch]$/, "", stem) }
    !(stem in named)' >"$scratch/missing"
[ ! -s "$scratch/missing" ] ||
  fail "docs/source-tour.md says nothing of $(tr '\n' ' ' <"$scratch/missing")"

# ... nor of a folder of the tests, of which none may be forgotten.
for folder in "$top_srcdir"/tests/*/; do
  name=tests/$(basename "$folder")/
  grep -qxF -- "$name" "$scratch/folders" || fail "the tour does not name $name"
done

# A Makefile.am names programs without their .c.
for makefile in "$top_srcdir"/tests/*/Makefile.am; do
  tr -sc 'A-Za-z0-9._-' '\n' <"$makefile" |
    sed -e 's/\.c$//' -e "s,^,tests/$(basename "$(dirname "$makefile")")/,"
done >"$scratch/listed"
grep -E '^tests/[a-z]+/[^/]*\.(c|h|sh|py|awk|txt|bash|zsh)$' "$scratch/files" |
  awk -v listed="$scratch/listed" '
    BEGIN { while ((getline name <listed) > 0) is_listed[name] = 1 }
    { name = $0; sub (/\.c$/, "", name) }
    !(name in is_listed)' >"$scratch/missing"
[ ! -s "$scratch/missing" ] ||
  fail "no Makefile.am has $(tr '\n' ' ' <"$scratch/missing")"
