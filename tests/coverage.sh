#!/bin/sh
# SPDX-License-Identifier: MIT
# coverage.sh BUILD WHAT CONFIGURE-OPTION...: "make coverage".  The programs and their
# tests once more, in the folder BUILD, with gcc's counters; the tests are run, and
# what lines they reached is said for each folder and shown in BUILD/coverage-html.
# WHAT is
#   all           the unit, plugin, loopback and server tests (an hour)
#   unit          the unit tests alone
#   FOLDER/TEST   a single one, such as tests/plugin/test-remote-holes
#
# Not counted: what runs on the loopback board, for the helper there is the one that
# boards get, without counters.  Its unit tests, and those with the helper on this
# machine's own disk, are.
set -eu

top_srcdir=$(cd -- "$(dirname -- "$0")/.." && pwd)
build=$1
what=$2
shift 2

die ()
{
  printf 'coverage: %s\n' "$*" >&2
  exit 1
}

# Nothing of a make that has started this.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES TESTS VERBOSE
command -v gcov >/dev/null || die "gcov is needed (it comes with gcc)"
command -v python3 >/dev/null || die "python3 is needed"
mkdir -p "$build"
cd -- "$build"
if [ ! -e config.status ]; then
  "$top_srcdir/configure" -q CC=gcc CFLAGS='-O0 -g --coverage -fprofile-update=atomic' \
    --disable-hardening --with-helper-archs=native "$@"
fi

# A process that may not write there (another user's, a confined one) is not counted,
# and does not say so in the midst of what a test compares.
export GCOV_ERROR_FILE=/dev/null
find . -name '*.gcda' -exec rm -f {} +
status=0
case $what in
  all)
    make -j"$(nproc)" --no-print-directory
    make -k -C tests --no-print-directory check VERBOSE=1 \
      SUBDIRS='common plugin helper client server' || status=$?
    ;;
  unit)
    make -j"$(nproc)" --no-print-directory
    make -k -C tests --no-print-directory check VERBOSE=1 \
      SUBDIRS='common plugin helper client' TESTS='$(unit_tests)' || status=$?
    ;;
  tests/*/*)
    make -C "${what%/*}" --no-print-directory check VERBOSE=1 \
      TESTS="${what##*/}" check_PROGRAMS="${what##*/}" || status=$?
    ;;
  *) die "$what: all, unit or a test is wanted" ;;
esac
python3 "$top_srcdir/tests/coverage-report.py" "$top_srcdir" coverage-html
[ "$status" -eq 0 ] || die "some tests failed: the figures lack what they would reach"
