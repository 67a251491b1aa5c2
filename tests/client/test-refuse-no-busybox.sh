#!/bin/sh
# SPDX-License-Identifier: MIT
# A board without busybox.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

board_without=busybox
start_board
remember_target
make_image "$scratch/new.img" 8
flash_target "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "busybox" "nothing was written"
expect_untouched
