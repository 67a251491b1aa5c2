#!/bin/sh
# SPDX-License-Identifier: MIT
# A board of an architecture that no helper was built for.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

board_machine=mips64
start_board
remember_target
make_image "$scratch/new.img" 8
flash_target "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "mips64" "flash-helper" "nothing was written"
expect_untouched
