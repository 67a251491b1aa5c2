#!/bin/sh
# SPDX-License-Identifier: MIT
# ^C with several boards: what is not written stops and cleans up, what writes goes on until the second one.
set -eu
# shellcheck source=tests/client/fleet-test.sh
. "$(dirname "$0")/fleet-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

board_disk_mb=256
start_boards 3
make_image "$scratch/new.img" 160
set -- $board_names
for_boards fill_target
use_board 3
remember_target

# The first writes; the others wait for their turn (--jobs), or are not so far.
slow_image_server 100
# shellcheck disable=SC2046
start_fleet --jobs 1 --stream --confirm 3 $(as_root "$@") "$scratch/new.img"
wait_until 120 said "^$1: writing +[1-9]"
kill -INT "$flash_pid"
wait_until 20 said 'interrupt once more to leave it'
sleep 1
kill -0 "$flash_pid" || fail "the first interrupt has ended the program"
normal_image_server
finish_flash
expect_status 7
expect_says "^  $1 +done" "^  $2 +nothing written" "^  $3 +nothing written"
use_board 1
expect_flashed "$scratch/new.img"
use_board 3
expect_untouched

# Two write, and are left.
for_boards fill_target
slow_image_server 60
# shellcheck disable=SC2046
start_fleet --stream --confirm 2 $(as_root "$1" "$2") "$scratch/new.img"
wait_until 120 said "^$1: writing +[1-9]"
wait_until 120 said "^$2: writing +[1-9]"
kill -TERM "$flash_pid"
finish_flash
expect_status 4
expect_says "^  $1 +interrupted" "^  $2 +interrupted" "^Not done: root@$1 root@$2"
expect_no_remains
normal_image_server
# shellcheck disable=SC2046
flash_fleet --stream --confirm 3 $(as_root "$@") "$scratch/new.img"
expect_status 0
for_boards expect_flashed "$scratch/new.img"
for_boards expect_clean

# While they stage: everything is cleaned up.
for_boards fill_target
use_board 1
remember_target
slow_image_server 60
# shellcheck disable=SC2046
start_fleet --ramfs --confirm 2 $(as_root "$1" "$2") "$scratch/new.img"
wait_until 120 said "^$1: copying +[1-9]"
kill -INT "$flash_pid"
finish_flash
expect_status 3
expect_says "^  $1 +nothing written" "^  $2 +nothing written"
expect_untouched
expect_no_remains
