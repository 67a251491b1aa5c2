#!/bin/sh
# SPDX-License-Identifier: MIT
# The sshd of the connection hangs: that is noticed, and the client comes back on another one.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

board_disk_mb=256
start_board
make_image "$scratch/new.img" 200
slow_image_server 100
start_flash -o ServerAliveInterval=1 --stream "root@$board_name" "$scratch/new.img"
wait_until 120 said '^writing +[1-9]'
freeze_connections
# Whichever finds out first, this program or the kernel.
wait_until 60 said 'connection lost: (the board is silent|.*timed out)'
# What hangs keeps the helper's channel, until it dies of it.
break_connections
finish_flash
expect_status 0
expect_says "connected to the board again"
expect_flashed "$scratch/new.img"
expect_clean
