#!/bin/sh
# SPDX-License-Identifier: MIT
# The dev machine has no nbdkit.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
remember_target
make_image "$scratch/new.img" 8
mkdir "$scratch/bin"
PATH=$scratch/bin flash_target "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "nbdkit" "install" "nothing was written"
expect_untouched
