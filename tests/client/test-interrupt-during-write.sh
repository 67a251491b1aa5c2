#!/bin/sh
# SPDX-License-Identifier: MIT
# ^C during the write explains, the second one leaves (status 4); the same command goes on.
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
kill -INT "$flash_pid"
wait_until 10 said 'once more'
kill -0 "$flash_pid" || fail "the first interrupt has ended the program"
kill -INT "$flash_pid"
kill -CONT "$nbdkit"
finish_flash
expect_status 4
expect_says "same command again"

normal_image_server
flash_target --stream "root@$board_name" "$scratch/new.img"
expect_status 0
expect_says "goes on"
expect_flashed "$scratch/new.img"
expect_clean
