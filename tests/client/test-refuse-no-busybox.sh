#!/bin/sh
# SPDX-License-Identifier: MIT
# A board without busybox, and an installation that has none for it.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/helper-folder.sh
. "$(dirname "$0")/helper-folder.sh"

board_without=busybox
start_board
remember_target
make_helper_folder
add_helper "$(uname -m)"
make_image "$scratch/new.img" 8
flash_target "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "no busybox" "apt install busybox" "--busybox FILE" "nothing was written"
expect_untouched
