#!/bin/sh
# SPDX-License-Identifier: MIT
# nbdkit dies: before the write nothing is lost; in the middle of it the same command goes on.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

board_disk_mb=256
start_board
remember_target
make_image "$scratch/new.img" 40
start_flash --ramfs "root@$board_name" "$scratch/new.img"
wait_until 60 said 'stag|into RAM'
kill -9 "$(nbdkit_of_flash)"
finish_flash
expect_status 3
expect_says "nbdkit" "nothing was written"
expect_untouched

# In the middle of the write: the board waits, and the same command goes on.
make_image "$scratch/large.img" 200
fill_target
slow_image_server 100
start_flash --stream "root@$board_name" "$scratch/large.img"
wait_until 120 said '^writing +[1-9]'
kill -9 "$(nbdkit_of_flash)"
finish_flash
expect_status 4
expect_says "nbdkit" "same command"
normal_image_server
flash_target --stream "root@$board_name" "$scratch/large.img"
expect_status 0
expect_says "goes on"
expect_flashed "$scratch/large.img"
expect_clean
