#!/bin/sh
# SPDX-License-Identifier: MIT
# The quick unit tests of the decoders once more, under valgrind, with nothing
# suppressed.
set -eu

valgrind=$(command -v valgrind) || { echo "skipped: no valgrind"; exit 77; }
# Sanitizers and valgrind do not go together.
if nm ./test-hole-map 2>/dev/null | grep -q __asan_; then
  echo "skipped: built with a sanitizer"
  exit 77
fi

for test in hole-map access-points sequential-readers xz-index block-cache \
  block-memory block-reader
do
  echo "== $test"
  ../../libtool --mode=execute "$valgrind" -q --error-exitcode=9 \
    --leak-check=full --show-leak-kinds=definite,possible \
    --errors-for-leak-kinds=definite,possible ./test-"$test" ||
    { echo "test-$test failed under valgrind"; exit 1; }
done
