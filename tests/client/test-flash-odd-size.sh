#!/bin/sh
# SPDX-License-Identifier: MIT
# An image that is no multiple of the sector, the chunk or the window is exact to its last byte.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
make_image "$scratch/new.img" 24
# The table stays, the end is odd.
truncate -s $((24 * 1048576 - 12345)) "$scratch/new.img"
for mode in --ramfs --stream; do
  fill_target
  flash_target $mode "root@$board_name" "$scratch/new.img"
  expect_status 0
  expect_flashed "$scratch/new.img"
  expect_rest_untouched "$scratch/new.img"
done
