#!/bin/sh
# SPDX-License-Identifier: MIT
# However a survey's client ends, nothing stays on the board; during a flash or another survey it is refused.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

start_board
make_image "$scratch/new.img" 24
fill_target
remember_target

# start_survey USER: in the background, caught in the middle of it: every chunk
# differs, and the image comes slowly.
start_survey ()
{
  : >"$scratch/said"
  "$client" -F "$board_ssh_config" verify --device "$board_target" \
    "$1@$board_name" "$scratch/new.img" >"$scratch/stdout" 2>"$scratch/said" \
    </dev/null &
  flash_pid=$!
  cleanup_process $flash_pid
  wait_until 60 said 'reading what differs'
  board_run test -e /run/flash-live-remote || fail "it is over already"
}

slow_image_server 8
for user in root pi; do
  for signal in KILL INT TERM; do
    echo "# $user $signal"
    start_survey $user
    kill -$signal "$flash_pid"
    finish_flash
    expect_untouched
  done
done

echo "# the connections break"
start_survey pi
break_connections
finish_flash
expect_status 3
expect_says 'connection .* lost'
expect_untouched

echo "# the helper dies"
start_survey root
signal_board KILL flash-helper
finish_flash
expect_status 3
expect_says 'ended on the board before its time'
expect_untouched

echo "# another survey, and a flash, while one is there"
start_survey root
mv "$scratch/said" "$scratch/said.first"
flash verify --device "$board_target" "pi@$board_name" "$scratch/new.img"
expect_status 3
expect_says 'already running on this board'
kill -9 "$flash_pid"
expect_clean

echo "# a flash is on the board"
normal_image_server
start_flash --stream "root@$board_name" "$scratch/new.img"
wait_until 60 said 'rehears|tunnel|writing'
kill -STOP "$(nbdkit_of_flash)" 2>/dev/null || :
mv "$scratch/said" "$scratch/said.first"
flash verify --device "$board_target" "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says 'a flash is on this board'
kill -CONT "$(nbdkit_of_flash)"
finish_flash
expect_status 0
expect_clean
