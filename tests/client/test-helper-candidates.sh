#!/bin/sh
# SPDX-License-Identifier: MIT
# A 64-bit kernel under a 32-bit userland: the first helper that runs is taken.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/helper-folder.sh
. "$(dirname "$0")/helper-folder.sh"

board_machine=armv8l
start_board
make_image "$scratch/new.img" 8
make_helper_folder
add_foreign_helper armv7
add_helper armv6

for mode in --ramfs --stream; do
  fill_target
  flash_target --verbose $mode "root@$board_name" "$scratch/new.img"
  expect_status 0
  expect_says "armv7 helper does not run on this board"
  ! said "armv6 helper does not run" || fail "armv6 runs"
  expect_flashed "$scratch/new.img"
  expect_clean
done

flash verify --device "$board_target" "root@$board_name" "$scratch/new.img"
expect_status 0
expect_clean

echo "# nothing is tried behind the one that runs"
add_helper armv7
add_foreign_helper armv6
flash_target --verbose "root@$board_name" "$scratch/new.img"
expect_status 0
! said "does not run on this board" || fail "more than one was tried"
expect_flashed "$scratch/new.img"
expect_clean
