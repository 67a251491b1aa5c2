#!/bin/sh
# SPDX-License-Identifier: MIT
# An image that is not there.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
remember_target
flash_target "root@$board_name" "$scratch/absent.img"
expect_status 3
expect_says "absent.img" "No such file" "nothing was written"
expect_untouched
