#!/bin/sh
# SPDX-License-Identifier: MIT
# --dry-run shows the plan and touches nothing; without a terminal nothing goes on unconfirmed.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
make_image "$scratch/new.img" 8
remember_target
flash --device "$board_target" --dry-run "root@$board_name" "$scratch/new.img"
expect_status 0
expect_says "$(basename "$board_target")" "new.img" "raw" "$(uname -m)"
expect_untouched

flash --device "$board_target" "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "--confirm" "nothing was written"
expect_untouched

flash --device "$board_target" --confirm other "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "nothing was written"
expect_untouched
