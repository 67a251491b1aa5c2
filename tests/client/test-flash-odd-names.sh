#!/bin/sh
# SPDX-License-Identifier: MIT
# Image paths with spaces, quotes, semicolons and newlines are data, never words.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
odd="$scratch/a b'c\"d;\$(touch x)
e=f.img"
make_image "$odd" 8
fill_target
flash_target "root@$board_name" "$odd"
expect_status 0
expect_flashed "$odd"
[ ! -e x ] || fail "the name was run"
