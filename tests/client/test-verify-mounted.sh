#!/bin/sh
# SPDX-License-Identifier: MIT
# verify looks at a disk that is in use, and changes nothing on it; a flash of the same disk is refused.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

requires mkfs.ext4 -V
start_board
# Nothing is left for the kernel to write in the background.
mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$board_target"
board_run sh -c "mkdir /run/mounted && mount -o noatime $board_target /run/mounted &&
  echo old >/run/mounted/file && sync -f /run/mounted/file"
cp "$board_target_file" "$scratch/old.img"
board_run dd if=/dev/urandom of=/run/mounted/more bs=64k count=4 conv=fsync \
  status=none
board_run sync -f /run/mounted/more
sync "$board_target_file"
remember_target

flash verify --device "$board_target" "pi@$board_name" "$scratch/old.img"
expect_status 6
expect_says 'DIFFERS' 'outside of all partitions'
expect_untouched
board_run grep -q old /run/mounted/file || fail "the file system was damaged"

flash_target "root@$board_name" "$scratch/old.img"
expect_status 3
expect_says "in use" "nothing was written"

board_run umount /run/mounted
cp "$board_target_file" "$scratch/now.img"
board_run mount -o ro,noload "$board_target" /run/mounted
flash verify --device "$board_target" "root@$board_name" "$scratch/now.img"
expect_status 0
expect_clean
