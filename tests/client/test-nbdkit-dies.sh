#!/bin/sh
# SPDX-License-Identifier: MIT
# nbdkit dies, while staging and in the middle of a write: it is started again, and the flash succeeds.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

# kill_nbdkit: in the middle, which lasts long enough for a busy machine.  What is
# started for it sends at full speed.
kill_nbdkit ()
{
  normal_image_server
  pid=$(nbdkit_of_flash) || {
    cat "$scratch/said" >&2
    fail "no nbdkit is there to kill"
  }
  kill -9 "$pid"
}

board_disk_mb=256
start_board
make_image "$scratch/new.img" 40
slow_image_server 8
start_flash --ramfs "root@$board_name" "$scratch/new.img"
wait_until 60 said 'staging'
kill_nbdkit
finish_flash
expect_status 0
expect_says "nbdkit.* killed" "starting nbdkit again"
expect_flashed "$scratch/new.img"
expect_clean

make_image "$scratch/large.img" 200
fill_target
slow_image_server 16
start_flash --stream "root@$board_name" "$scratch/large.img"
wait_until 120 said '^writing +[1-9]'
kill_nbdkit
finish_flash
expect_status 0
expect_says "nbdkit.* killed" "starting nbdkit again"
expect_flashed "$scratch/large.img"
expect_clean

# Another image under the same name is not what the board waits for.
make_image "$scratch/other.img" 200     # which takes its time
fill_target
slow_image_server 16
start_flash --stream "root@$board_name" "$scratch/large.img"
wait_until 120 said '^writing +[1-9]'
mv "$scratch/large.img" "$scratch/kept.img"
mv "$scratch/other.img" "$scratch/large.img"
kill_nbdkit
finish_flash
expect_status 4
expect_says "not the image any more" "same command"
mv "$scratch/kept.img" "$scratch/large.img"
flash_target --stream "root@$board_name" "$scratch/large.img"
expect_status 0
expect_flashed "$scratch/large.img"
expect_clean
