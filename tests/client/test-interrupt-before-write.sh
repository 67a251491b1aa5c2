#!/bin/sh
# SPDX-License-Identifier: MIT
# ^C while the image is being staged: the board is cleaned up.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
remember_target
make_image "$scratch/new.img" 40
start_flash --ramfs "root@$board_name" "$scratch/new.img"
wait_until 60 said 'stag|into RAM'
kill -STOP "$(nbdkit_of_flash)"
kill -INT "$flash_pid"
sleep 0.2
kill -CONT "$(nbdkit_of_flash)" 2>/dev/null || true
finish_flash
if [ "$status" -eq 0 ]; then
  skip "the staging was over before the interrupt came"
fi
expect_status 3
expect_says "nothing was written"
expect_untouched
