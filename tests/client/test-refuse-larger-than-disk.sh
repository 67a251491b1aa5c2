#!/bin/sh
# SPDX-License-Identifier: MIT
# An image that is larger than the disk, by one sector.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
remember_target
make_image "$scratch/new.img" 8
truncate -s $(($(stat -c %s "$board_target_file") + 512)) "$scratch/new.img"
for mode in --ramfs --stream; do
  flash_target $mode "root@$board_name" "$scratch/new.img"
  expect_status 3
  expect_says "larger|does not fit|too large" "nothing was written"
done
expect_untouched
