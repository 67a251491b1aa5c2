#!/bin/sh
# SPDX-License-Identifier: MIT
# A disk of 3 TiB is shown with its true size and flashed with a small GPT image,
# whose backup header is not at the disk's end.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

truncate -s 3T "$scratch/try" || skip "no file of 3 TiB can be made"
rm "$scratch/try"
board_disk_mb=$((3 * 1024 * 1024))
start_board
[ "$(blockdev --getsize64 "$board_target")" = 3298534883328 ] ||
  skip "loop devices are not that large here"

truncate -s 24M "$scratch/new.img"
printf 'label: gpt\nstart=1MiB,size=16MiB,type=L\n' | /sbin/sfdisk -q "$scratch/new.img"
dd if=/dev/urandom of="$scratch/new.img" bs=1M seek=1 count=16 conv=notrunc status=none
# At the end of the disk, something of before.
dd if=/dev/urandom of="$board_target" bs=1M seek=$((board_disk_mb - 1)) count=1 status=none
tail -c 1048576 "$board_target_file" >"$scratch/end"

for mode in --ramfs --stream; do
  flash_target $mode "root@$board_name" "$scratch/new.img"
  expect_status 0
  expect_says "disk +loop[0-9]*, 3\.3 TB \(3298534883328 bytes\)" "partition table: GPT"
  expect_flashed "$scratch/new.img"
  tail -c 1048576 "$board_target_file" | cmp - "$scratch/end" ||
    fail "the end of the disk was written to"
done
