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

# shellcheck disable=SC2016 # that shell's own
look_at='
  ../../libtool --mode=execute "$0" -q --error-exitcode=9 \
    --leak-check=full --show-leak-kinds=definite,possible \
    --errors-for-leak-kinds=definite,possible ./test-"$1" ||
    { echo "test-$1 failed under valgrind"; exit 1; }'
printf '%s\n' block-reader block-cache block-memory hole-map access-points \
  sequential-readers xz-index | xargs -n 1 -P 2 sh -c "$look_at" "$valgrind"
