# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the tests of `make install` share; sourced after tests/functions.sh.

# value_of VARIABLE: what it is to the build tree's make.
value_of ()
{
  # shellcheck disable=SC2016 # make's variable
  printf 'include Makefile\nprint-value:\n\t@echo "$(%s)"\n' "$1" |
    make -s --no-print-directory -C "$top_builddir" -f - print-value
}

# make_quietly ARGUMENTS...: make in the build tree; its words only if it fails.
make_quietly ()
{
  make -s --no-print-directory -C "$top_builddir" "$@" >"$scratch/make.log" 2>&1 || {
    cat "$scratch/make.log" >&2
    fail "make $*"
  }
}
