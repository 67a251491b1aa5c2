#!/bin/sh
# SPDX-License-Identifier: MIT
# The progress line on a terminal: any width, another size in the middle, NO_COLOR, locales, no flood.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"

requires python3 --version
python3 "$top_srcdir/tests/client/check-progress-terminal.py" \
  "$top_builddir/tests/client/draw-progress" || fail "the progress line is wrong"
