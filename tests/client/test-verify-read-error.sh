#!/bin/sh
# SPDX-License-Identifier: MIT
# A disk that cannot be read in places: what failed is named, the rest is compared, a difference counts more.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
make_image "$scratch/new.img" 24
dd if="$scratch/new.img" of="$board_target" bs=1M oflag=direct conv=notrunc status=none
# A loop device gives EIO for what its file has lost.
truncate -s $((21 * 1048576 + 8192)) "$board_target_file"

flash verify --device "$board_target" "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "${board_target#/dev/}: 1048576 bytes at offset 22020096 cannot be read: Input" \
  'at offset 23068672 cannot' 'at offset 24117248 cannot' \
  'Compared 21 of 24 chunks .* 0 differ .* 3 could not be read' \
  'could not be compared in full'
expect_clean

# Only the errors differ from an equal disk; now so does a chunk.
printf 'x' | dd of="$board_target" bs=1 seek=5000000 conv=notrunc,fsync status=none
flash verify --device "$board_target" "root@$board_name" "$scratch/new.img"
expect_status 6
expect_says '3 could not be read' 'offset 4997120, 4096 bytes' 'DIFFERS'
expect_clean
