#!/bin/sh
# SPDX-License-Identifier: MIT
# A user who may not become root.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
remember_target
make_image "$scratch/new.img" 8
flash_target "nosudo@$board_name" "$scratch/new.img"
expect_status 3
expect_says "sudo" "nosudo" "nothing was written"
expect_untouched
