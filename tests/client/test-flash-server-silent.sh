#!/bin/sh
# SPDX-License-Identifier: MIT
# The link to the image server is cut in the middle of a flash: nothing comes any
# more, not even an end. The flash goes on when the link is back.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/image-servers.sh
. "$(dirname "$0")/image-servers.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

board_disk_mb=256
start_board
mkdir "$scratch/images"
make_image "$scratch/images/large.img" 200
start_flash_from_server "$flashimage" "dir=$scratch/images"
# What is sent there is taken, and new connections too.
kill -STOP "$server_pid"
wait_until 200 said 'does not answer'
kill -0 "$flash_pid" || fail "the flash has ended"
kill -CONT "$server_pid"
finish_flash
expect_status 0
expect_flashed "$scratch/images/large.img"
expect_says 'nothing came for' 'answers again'
expect_clean
