#!/bin/sh
# SPDX-License-Identifier: MIT
# A root file system that is no plain partition is refused by its name.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

# Nothing here ever gets further than the plan: --dry-run.
start_board
make_image "$scratch/new.img" 8
flash --dry-run "root@$board_name" "$scratch/new.img"
if [ "$status" -eq 0 ]; then
  skip "this machine's root is a plain partition, which is supported"
fi
expect_status 3
expect_says "root" "nothing was written"
