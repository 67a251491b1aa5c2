#!/bin/sh
# SPDX-License-Identifier: MIT
# The RAM root fills up while the image is being staged.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
remember_target
make_image "$scratch/new.img" 40
start_flash --ramfs "root@$board_name" "$scratch/new.img"
# As soon as the RAM root is there, someone takes its room.
wait_until 60 board_run sh -c 'grep -q /run/flash-live-remote /proc/mounts &&
  { dd if=/dev/zero of=/run/flash-live-remote/filler bs=64k status=none; true; }'
finish_flash
expect_status 3
expect_says "full|No space left" "nothing was written"
expect_untouched
