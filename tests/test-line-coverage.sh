#!/bin/sh
# SPDX-License-Identifier: MIT
# "make coverage" counts what a test reaches, and shows it.  One test, for all of them
# take an hour.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/functions.sh"
requires gcov --version
requires python3 --version

unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES TESTS VERBOSE
make -C "$top_builddir" --no-print-directory coverage \
  COVERAGE=tests/plugin/test-remote-holes coverage_builddir="$scratch/build" \
  >"$scratch/said" 2>&1 || fail "$(cat "$scratch/said")"
grep -Eq '^nbdkit-plugin +[1-9][0-9]* +[1-9][0-9]* +[1-9][0-9.]*$' "$scratch/said" ||
  fail "no figure of the plugin: $(cat "$scratch/said")"
grep -Eq '^total +[1-9]' "$scratch/said" || fail "no total: $(cat "$scratch/said")"

pages=$scratch/build/coverage-html
grep -q nbdkit-plugin/remote-holes.c "$pages/index.html" || fail "it is in no index"
# Some lines are reached, and none that was not compiled.
grep -q "class='hit'> *[1-9]" "$pages/nbdkit-plugin-remote-holes.c.html" ||
  fail "no line was reached"
! grep -q nbdkit-plugin/flashimage.c "$pages/index.html" ||
  fail "a file is shown that was not built"
