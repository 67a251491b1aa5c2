#!/bin/sh
# SPDX-License-Identifier: MIT
# compile-commands.sh BUILD FOLDER[:TARGET]...: how the C files of these folders are
# compiled in the configured build folder, as the compile_commands.json that clang's
# tools read.  Nothing is built: make only says what it would do if config.h, on which
# every file depends, were new.
set -eu

# Nothing of a make that has started this.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES TESTS VERBOSE
build=$(cd -- "$1" && pwd)
shift

# say_commands FOLDER TARGET: make's commands, each after the folder it is for.
say_commands ()
{
  up=$(printf '%s\n' "$1" | sed 's,[^/][^/]*,..,g')
  make -C "$build/$1" -n V=1 --no-print-directory -W "$up/config.h" "$2" |
    sed -n "s,.* -c -o .*,$build/$1 &,p"
}

for folder in "$@"; do
  target=${folder#*:}
  [ "$target" != "$folder" ] || target=all
  say_commands "${folder%%:*}" "$target"
done |
# Only what a reader of the source must know: the tools know not every flag of
# another compiler.  The file is the last word, perhaps behind automake's
# `test -f 'FILE' || echo 'FOLDER/'`FILE.
awk '
  { file = $0
    sub (/ *&& *\\$/, "", file)
    if (match (file, /echo \047[^\047]*\047`/)) {
      before = substr (file, RSTART + 6, RLENGTH - 8)
      sub (/.*`/, "", file)
      file = before file
    }
    else
      sub (/.* /, "", file)
    if (file !~ /^\//)
      file = $1 "/" file
    words = "clang"
    for (i = 2; i <= NF; i++)
      if ($i ~ /^-([DIU].|W[a-z]|std=)/ && $i != "-Werror")
        words = words " " $i
    gsub (/\\/, "\\\\", words)
    gsub (/"/, "\\\"", words)
    printf "%s{\"directory\": \"%s\", \"file\": \"%s\",\n \"command\": \"%s -c %s\"}", \
      NR == 1 ? "[" : ",\n", $1, file, words, file
  }
  END { print NR == 0 ? "[]" : "]" }'
