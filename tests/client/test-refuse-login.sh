#!/bin/sh
# SPDX-License-Identifier: MIT
# A login that the board refuses: the methods that it takes are named.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
remember_target
make_image "$scratch/new.img" 8
ssh-keygen -q -t ed25519 -N '' -f "$scratch/stranger"
flash_target -i "$scratch/stranger" -o IdentitiesOnly=yes "nokey@$board_name" "$scratch/new.img"
expect_status 3
expect_says "nokey" "publickey" "nothing was written"
expect_untouched
