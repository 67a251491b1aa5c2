#!/bin/sh
# SPDX-License-Identifier: MIT
# The helper's own process is killed in the middle of a stream: its guardian starts
# another one, and the client finishes, over another channel or another connection.
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
wait_until 120 said '^writing  [1-9]'
# shellcheck disable=SC2016
board_run sh -c 'kill -9 "$(cat /run/flash-live-remote/pid)"'
finish_flash
expect_status 0
expect_says 'the session process was killed by signal 9' "verified"
expect_flashed "$scratch/new.img"
expect_rest_untouched "$scratch/new.img"
expect_clean
