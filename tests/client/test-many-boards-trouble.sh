#!/bin/sh
# SPDX-License-Identifier: MIT
# One board dies, another one's process crashes, nbdkit is killed: nobody else is held up, and the same command finishes.
set -eu
# shellcheck source=tests/client/fleet-test.sh
. "$(dirname "$0")/fleet-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

board_disk_mb=128
start_boards 3
make_image "$scratch/new.img" 100
set -- $board_names
all=$(as_root "$@")

# all_write: each board has begun to write.
all_write ()
{
  for name in $board_names; do
    said "^$name: writing +[1-9]" || return 1
  done
}

# nbdkit is killed in the middle: started again, once, and all go on.
for_boards fill_target
slow_image_server 150
# shellcheck disable=SC2086
start_fleet --stream --confirm 3 $all "$scratch/new.img"
wait_until 120 all_write
kill -9 "$(nbdkit_of_flash)"
finish_flash
expect_status 0
expect_says "nbdkit.* killed" "starting nbdkit again" "3 of 3 boards are done"
[ "$(grep -c 'Starting nbdkit again' "$scratch/said")" -eq 1 ] ||
  fail "nbdkit was started again by several"
for_boards expect_flashed "$scratch/new.img"
for_boards expect_clean
expect_no_remains

# A crash, and a board that is no more.  Slower: a board that is fast must not
# be done before the last one begins.
for_boards fill_target
slow_image_server 50
# shellcheck disable=SC2086
start_fleet --stream --confirm 3 $all "$scratch/new.img"
wait_until 120 all_write
use_board 1
kill -KILL "$(member_of_board)"
use_board 2
signal_board STOP sshd
use_board 3
wait_until 120 said "^$3: Done"
kill -INT "$flash_pid"
wait_until 20 said 'interrupt once more'
sleep 1                         # two at once are one
kill -INT "$flash_pid"
finish_flash
expect_status 4
expect_says "^$1: error: .*killed by signal 9" "^  $1 +interrupted .*same command" \
  "^  $2 +interrupted .*same command" "^  $3 +done"
expect_flashed "$scratch/new.img"
expect_no_remains
use_board 2
signal_board CONT sshd
break_connections

# The same command goes on with the two, and begins the third anew.
normal_image_server
# shellcheck disable=SC2086
flash_fleet --stream --confirm 3 $all "$scratch/new.img"
expect_status 0
expect_says "^  $1 .*goes on with its flash, which has begun" "^  $2 .*goes on" "^  $3 .* ok"
for_boards expect_flashed "$scratch/new.img"
for_boards expect_clean

# Another image under the same name is given to nobody.
for_boards fill_target
slow_image_server 50
# shellcheck disable=SC2086
start_fleet --stream --confirm 3 $all "$scratch/new.img"
wait_until 120 all_write
make_image "$scratch/other.img" 100
mv "$scratch/new.img" "$scratch/kept.img"
mv "$scratch/other.img" "$scratch/new.img"
kill -9 "$(nbdkit_of_flash)"
finish_flash
expect_status 4
expect_says "is not the image any more" "0 of 3 boards"
mv "$scratch/kept.img" "$scratch/new.img"
# The parent is killed, and its children end with it.
# shellcheck disable=SC2086
start_fleet --stream --confirm 3 $all "$scratch/new.img"
wait_until 120 said ': writing +[1-9]'
members=$(pgrep -P "$flash_pid" flash-live-remo)
kill -9 "$flash_pid"
for member in $members; do
  wait_until 10 test ! -e "/proc/$member/fd/0"
done
rm -rf "$TMPDIR"/flr-nbd-*
normal_image_server
# shellcheck disable=SC2086
flash_fleet --stream --confirm 3 $all "$scratch/new.img"
expect_status 0
for_boards expect_flashed "$scratch/new.img"
for_boards expect_clean
