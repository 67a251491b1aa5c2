#!/bin/sh
# SPDX-License-Identifier: MIT
# The client is killed while staging and while writing: the same command goes on, another image does not.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

kill_client ()
{
  kill -9 "$flash_pid"
  wait "$flash_pid" 2>/dev/null || true
}

board_disk_mb=256
start_board
fill_target
make_image "$scratch/new.img" 200
slow_image_server 100

start_flash --ramfs "root@$board_name" "$scratch/new.img"
wait_until 120 said '^copying +[1-9]'
kill_client
flash_target --ramfs "root@$board_name" "$scratch/new.img"
expect_status 0
expect_says "goes on" "going on"
expect_flashed "$scratch/new.img"
expect_clean

fill_target
start_flash --stream "root@$board_name" "$scratch/new.img"
wait_until 120 said '^writing +[1-9]'
kill_client
normal_image_server
make_image "$scratch/other.img" 8
flash_target --stream "root@$board_name" "$scratch/other.img"
expect_status 3
expect_says "already under way" "new.img" "abandon" "nothing was written"
flash_target --stream "root@$board_name" "$scratch/new.img"
expect_status 0
expect_says "goes on"
expect_flashed "$scratch/new.img"
expect_rest_untouched "$scratch/new.img"
expect_clean
