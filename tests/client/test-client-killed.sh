#!/bin/sh
# SPDX-License-Identifier: MIT
# The client is killed in the middle of a stream: the same command finishes the flash.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

board_disk_mb=256
start_board
fill_target
make_image "$scratch/new.img" 200
slow_image_server 100
start_flash --stream "root@$board_name" "$scratch/new.img"
wait_until 120 said '^writing +[1-9]'
kill -9 "$flash_pid"
wait "$flash_pid" 2>/dev/null || true
normal_image_server
flash_target --stream "root@$board_name" "$scratch/new.img"
expect_status 0
expect_says "goes on"
expect_flashed "$scratch/new.img"
expect_clean
