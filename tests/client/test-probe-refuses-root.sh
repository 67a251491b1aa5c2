#!/bin/sh
# SPDX-License-Identifier: MIT
# What runs from no disk of its own, as the board on loopback does, is refused.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

# Nothing here ever gets further than the plan: --dry-run.
start_board
make_image "$scratch/new.img" 8
flash --dry-run "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "it is a container, which runs from no disk of its own" "nothing was written"
