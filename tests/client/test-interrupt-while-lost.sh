#!/bin/sh
# SPDX-License-Identifier: MIT
# ^C while the board cannot be reached: the words say how it stands, and the same command goes on.
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
start_flash -o ServerAliveInterval=1 --stream "root@$board_name" "$scratch/new.img"
wait_until 120 said '^writing +[1-9]'
# Nothing answers any more, neither the connection nor a new one.
signal_board STOP sshd
wait_until 120 said 'connection lost'
kill -INT "$flash_pid"
finish_flash
expect_status 4
expect_says "partly written" "same command again" "status .*$board_name" "abandon .*$board_name"
signal_board CONT sshd
break_connections
normal_image_server
flash_target --stream "root@$board_name" "$scratch/new.img"
expect_status 0
expect_says "goes on"
expect_flashed "$scratch/new.img"
expect_clean
