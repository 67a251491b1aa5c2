# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the tests of `make install` share; sourced after tests/functions.sh.

# clean_make ARGUMENTS...: make in the build tree, without what the make that runs the
# tests was told.
clean_make ()
{
  env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u TESTS -u VERBOSE \
    make -s --no-print-directory -C "$top_builddir" "$@"
}

# value_of VARIABLE: what it is to the build tree's make.
value_of ()
{
  # shellcheck disable=SC2016 # make's variable
  printf 'include Makefile\nprint-value:\n\t@echo "$(%s)"\n' "$1" |
    clean_make -f - print-value
}

# make_quietly ARGUMENTS...: make in the build tree; its words only if it fails.
make_quietly ()
{
  clean_make "$@" >"$scratch/make.log" 2>&1 || {
    cat "$scratch/make.log" >&2
    fail "make $*"
  }
}
