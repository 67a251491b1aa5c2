#!/bin/sh
# SPDX-License-Identifier: MIT
# What the documents point to is there: pages and headings that are linked, make's
# targets, bootstrap's words, tests and files that they name, figures that they repeat.
# Each page is installed beside the others.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/functions.sh"
cd "$top_srcdir"

set -- README.md CONTRIBUTING.md SECURITY.md docs/*.md

# anchors PAGE: the names that links give to its headings.
anchors ()
{
  sed -n 's/^##* //p' "$1" | tr 'A-Z ' 'a-z-' | sed 's/[^a-z0-9_-]//g'
}

# installed NAME: is it in the list of what is installed?
sed -n '/^nobase_dist_doc_DATA/,/[^\\]$/p' Makefile.am | tr -sc 'A-Za-z0-9./-' '\n' \
  >"$scratch/installed"
[ "$(wc -l <"$scratch/installed")" -ge 12 ] || fail "the list of documents was not found"

links=0
for page in "$@"; do
  grep -qxF -- "$page" "$scratch/installed" || fail "Makefile.am does not install $page"
  grep -qxF "644 docdir $page" tests/install/installed-files.txt ||
    fail "tests/install/installed-files.txt does not list $page"
  # A link may go over the end of a line.
  tr '\n' ' ' <"$page" | grep -oE '\]\([^) ]+\)' | sed 's/^](\(.*\))$/\1/' >"$scratch/links" || :
  while read -r link; do
    case $link in *://*) continue ;; esac
    file=${link%%#*}
    target=$page
    [ -z "$file" ] || target=$(dirname "$page")/$file
    target=$(printf '%s\n' "$target" | sed -e 's,^\./,,' -e 's,[^/]*/\.\./,,')
    [ -e "$target" ] || fail "$page points to $link, which does not exist"
    grep -qxF -- "$target" "$scratch/installed" ||
      fail "$page points to $target, which is not installed with it"
    case $link in
      *#*) anchors "$target" | grep -qxF -- "${link#*#}" ||
             fail "$page points to $link: there is no such heading" ;;
    esac
    links=$((links + 1))
  done <"$scratch/links"
done
[ "$links" -ge 35 ] || fail "only $links links were found"

# make -C build[/FOLDER] TARGET...
cat "$@" | grep -oE 'make -C build[a-z/]*( [a-zA-Z][a-zA-Z-]*)?' | sort -u >"$scratch/made"
[ "$(wc -l <"$scratch/made")" -ge 6 ] || fail "no targets of make were found"
while read -r _ _ folder target; do
  folder=.${folder#build}
  [ -e "$folder/Makefile.am" ] || fail "there is no $folder to make"
  case $target in
    '' | all | check | dist | distcheck | install | uninstall | clean) ;;
    *) grep -qE "^([a-z-]+ )*$target( [a-z-]+)*:" "$folder/Makefile.am" ||
         fail "make -C build has no $target" ;;
  esac
done <"$scratch/made"

# ./bootstrap WORD
cat "$@" | grep -oE '\./bootstrap [a-z]+' | sort -u >"$scratch/words"
while read -r _ word; do
  grep -qE "^  1:(.*\|1:)?$word(\||\))" bootstrap ||
    grep -qE "^#     \./bootstrap $word " bootstrap || fail "bootstrap has no $word"
done <"$scratch/words"

# Tests that are named without a folder, and files with one.
cat tests/Makefile.am tests/*/Makefile.am tests/board/check-board.sh |
  tr -sc 'A-Za-z0-9.-' '\n' | sort -u >"$scratch/listed"
for page in CONTRIBUTING.md docs/comparison.md docs/installing.md docs/how-it-works.md; do
  grep -o '`[^` ]*`' "$page" | tr -d '`' | sort -u >"$scratch/named"
  grep -E '^(test|fuzz)-' "$scratch/named" | grep -v '[N*]' | while read -r name; do
    grep -qxF -- "$name" "$scratch/listed" || echo "$name"
  done >"$scratch/missing"
  grep -E '^[a-z.]+/[A-Za-z0-9_./-]*\.[a-z]+$' "$scratch/named" |
    grep -vE '^(build|\./)|NAME' | while read -r name; do
    [ -e "$name" ] || echo "$name"
  done >>"$scratch/missing"
  [ ! -s "$scratch/missing" ] ||
    fail "$page names $(tr '\n' ' ' <"$scratch/missing")which does not exist"
done

# The comparison repeats what the benchmarks say.
sed -n '/^### As a server/,/^nbdkit.s gzip filter/p' docs/comparison.md |
  sed -n 's/^| [xg].*, [^|]*|\(.*\)|$/\1/p' | tr -sc '0-9.' '\n' | grep . |
  sort -u >"$scratch/figures"
[ "$(wc -l <"$scratch/figures")" -ge 12 ] || fail "the comparison's figures were not found"
while read -r figure; do
  grep -qE "\| $figure \|" docs/benchmarks.md ||
    fail "docs/comparison.md has $figure, which docs/benchmarks.md does not"
done <"$scratch/figures"
