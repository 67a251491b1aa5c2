#!/bin/sh
# SPDX-License-Identifier: MIT
# The lifeboat's connection breaks while staging and while writing: the client comes back; a rehearsal leaves nothing.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

# The sshd of the lifeboat are children of the session, the others of the board's.
break_lifeboat ()
{
  listener=$(board_run cat /run/board-sshd)
  # shellcheck disable=SC2016
  board_run sh -c '
    for p in /proc/[0-9]*; do
      [ "$(cat "$p/comm" 2>/dev/null)" = sshd ] || continue
      [ "${p#/proc/}" = "$1" ] || kill -KILL "${p#/proc/}"
    done' sh "$listener"
}

board_disk_mb=256
start_board
fill_target
remember_target
make_image "$scratch/new.img" 200
flash_target --rehearse --lifeboat-port 0 --stream "pi@$board_name" "$scratch/new.img"
expect_status 0
expect_says "proven: port $board_port" "rehearsed: .* nothing was written"
expect_untouched

slow_image_server 100
start_flash --lifeboat-port 0 --ramfs "pi@$board_name" "$scratch/new.img"
wait_until 120 said '^copying +[1-9]'
break_lifeboat
wait_until 120 said 'connected to the board again'
finish_flash
expect_status 0
expect_flashed "$scratch/new.img"
expect_clean

fill_target
start_flash --lifeboat-port 0 --stream "pi@$board_name" "$scratch/new.img"
wait_until 120 said '^writing +[1-9]'
break_lifeboat
wait_until 120 said 'connected to the board again'
finish_flash
expect_status 0
expect_says "verified"
expect_flashed "$scratch/new.img"
expect_clean
