#!/bin/sh
# SPDX-License-Identifier: MIT
# A stored image that the board's memory cannot hold: --stream is named.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

board_memory_available_kb=220000
start_board
remember_target
make_image "$scratch/new.img" 40
flash_target --ramfs "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "--stream" "nothing was written"
expect_untouched
flash_target --stream "root@$board_name" "$scratch/new.img"
expect_status 0
expect_flashed "$scratch/new.img"
