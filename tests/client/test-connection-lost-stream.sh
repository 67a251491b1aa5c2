#!/bin/sh
# SPDX-License-Identifier: MIT
# The connection breaks in the middle of a stream: status 4, and the same command finishes it.
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
wait_until 60 said '^writing  [1-9]'
nbdkit=$(nbdkit_of_flash)
kill -STOP "$nbdkit"
break_connections
finish_flash
expect_status 4
expect_says "connection .* lost" "same command again"
kill -0 "$nbdkit" 2>/dev/null && fail "nbdkit was left running"

# Another image is not what the board waits for.
make_image "$scratch/other.img" 8
flash_target --stream "root@$board_name" "$scratch/other.img"
expect_status 3
expect_says "already running" "new.img" "nothing was written"

normal_image_server
flash_target --stream "root@$board_name" "$scratch/new.img"
expect_status 0
expect_says "goes on where it is"
expect_flashed "$scratch/new.img"
expect_rest_untouched "$scratch/new.img"
expect_clean
