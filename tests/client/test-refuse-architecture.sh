#!/bin/sh
# SPDX-License-Identifier: MIT
# A board that no helper was built for, and one that none of its helpers runs on.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/helper-folder.sh
. "$(dirname "$0")/helper-folder.sh"

board_machine=mips64
start_board
remember_target
make_image "$scratch/new.img" 8
flash_target "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "mips64" "flash-helper" "nothing was written"
expect_untouched

echo "# the wrong ones: all are tried, and named with the board's words"
stop_board
board_machine=armv7l
board_suffix=2
start_board
remember_target
make_helper_folder
add_foreign_helper armv7
add_foreign_helper armv6
flash_target "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "no flash-helper of this installation runs on the board" \
  "^  armv7: flash-helper does not run on this board \(armv7l\): exit status 12[67]: ." \
  "^  armv6: flash-helper does not run on this board \(armv7l\): exit status 12[67]: ." \
  "nothing was written"
expect_untouched

echo "# and so does verify"
flash verify --device "$board_target" "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "^  armv7: flash-helper does not run" "^  armv6: flash-helper does not run"
expect_untouched
