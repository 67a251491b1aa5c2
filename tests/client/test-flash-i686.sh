#!/bin/sh
# SPDX-License-Identifier: MIT
# A board that says i686: the 32-bit helper flashes it, and verifies it.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/helper-folder.sh
. "$(dirname "$0")/helper-folder.sh"

need_built flash-helper-i686
requires "$top_builddir/helper/deployed/flash-helper-i686" --version
board_machine=i686
start_board
make_image "$scratch/new.img" 16
xz -1 -k -T2 --block-size=4MiB "$scratch/new.img"

# No other helper can have done it.
make_helper_folder
cp "$top_builddir/helper/deployed/flash-helper-i686" "$FLASH_LIVE_REMOTE_HELPER_DIR"
for mode in --ramfs --stream; do
  fill_target
  flash_target $mode "root@$board_name" "$scratch/new.img.xz"
  expect_status 0
  expect_flashed "$scratch/new.img"
  expect_rest_untouched "$scratch/new.img"
  expect_clean
done
flash verify --device "$board_target" "root@$board_name" "$scratch/new.img.xz"
expect_status 0
expect_clean
