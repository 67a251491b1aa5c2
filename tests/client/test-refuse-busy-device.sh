#!/bin/sh
# SPDX-License-Identifier: MIT
# --device names a disk whose file system is mounted where the board cannot see it.
set -eu

# In a mount namespace of its own: a test that runs beside this one and makes its
# namespace meanwhile would have the mount too, and keep it.
if [ "${1:-}" != inside ] && unshare --mount true 2>/dev/null; then
  exec unshare --mount --propagation private sh "$0" inside
fi
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

requires mkfs.ext4 -V
start_board
make_image "$scratch/new.img" 8
mkfs.ext4 -q "$board_target"
# The board's mount namespace is another one.
mkdir "$scratch/mounted"
mount "$board_target" "$scratch/mounted"
cleanup_fn "umount $scratch/mounted"
flash_target "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "in use.*\[board-refused\]" "nothing was written.*\[nothing-written\]"
expect_clean
echo whole >"$scratch/mounted/file"
sync -f "$scratch/mounted/file"
grep -q whole "$scratch/mounted/file" || fail "the file system was damaged"

umount "$scratch/mounted"
flash_target "root@$board_name" "$scratch/new.img"
expect_status 0
expect_flashed "$scratch/new.img"
