#!/bin/sh
# SPDX-License-Identifier: MIT
# docs/source-tour.md: each file and folder that it names exists, and each source file,
# script and manual of the programs is named there.
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
sed 's,.*/,,' "$scratch/files" | sort -u >"$scratch/names"

grep -E '/$' "$scratch/words" >"$scratch/folders"
[ "$(wc -l <"$scratch/folders")" -ge 15 ] || fail "the folders were not found"
while read -r name; do
  [ -d "$top_srcdir/$name" ] || fail "the tour names the folder $name, which does not exist"
done <"$scratch/folders"

grep -E '^[^.].*\.(c|h|sh|pod|md|in|am|ac|json|conf|cfg|spec|socket|sysusers|fish|yml|txt)$' \
  "$scratch/words" | grep -vxF image-server.conf >"$scratch/named"
[ "$(wc -l <"$scratch/named")" -ge 250 ] || fail "the tour names too few files"
while read -r name; do
  case $name in
    */*) grep -qxF -- "$name" "$scratch/files" ;;
    *) grep -qxF -- "$name" "$scratch/names" ;;
  esac || fail "the tour names $name, which does not exist"
done <"$scratch/named"

# With one of a .c and its .h the other is named, too.
sed -e 's,.*/,,' -e 's/\.[ch]$//' "$scratch/named" | sort -u >"$scratch/stems"
grep -E '^(client|helper|common|nbdkit-plugin|image-server)/.*\.(c|h|sh|pod)$' \
  "$scratch/files" | while read -r file; do
  stem=$(basename "$file" | sed 's/\.[ch]$//')
  grep -qxF -- "$stem" "$scratch/stems" || echo "$file"
done >"$scratch/missing"
[ ! -s "$scratch/missing" ] ||
  fail "docs/source-tour.md says nothing of $(tr '\n' ' ' <"$scratch/missing")"

# ... nor of a folder of the tests, of which none may be forgotten.
for folder in "$top_srcdir"/tests/*/; do
  name=tests/$(basename "$folder")/
  grep -qxF -- "$name" "$scratch/folders" || fail "the tour does not name $name"
done
