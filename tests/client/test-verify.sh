#!/bin/sh
# SPDX-License-Identifier: MIT
# verify: equal after a flash; changed bytes are found in their partitions; a sample; nothing is ever changed.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
# An odd end: neither the image's last chunk nor its last block is whole.
make_image "$scratch/new.img" 24
printf 'label: dos\n2048,8192,c\n10240,20480,L\n' |
  /sbin/sfdisk -q "$scratch/new.img"
truncate -s $((24 * 1048576 - 2560)) "$scratch/new.img"
xz -k -T2 --block-size=2MiB "$scratch/new.img"
fill_target
flash_target --stream "root@$board_name" "$scratch/new.img.xz"
expect_status 0
remember_target

# verify ARGUMENTS...
verify ()
{
  flash verify --device "$board_target" "$@"
}

echo "# equal, as root and with sudo"
for user in root pi; do
  verify "$user@$board_name" "$scratch/new.img.xz"
  expect_status 0
  expect_says 'all 24 chunks are equal' 'Compared 24 of 24 chunks' ' 0 differ'
  said 'table of' && fail "the partition tables are the same"
  expect_untouched
done
verify --sample 5 "root@$board_name" "$scratch/new.img"
expect_status 0
expect_says 'the 5 chunks .* looked at, of 24' 'seed [0-9]+' 'Compared 5 of 24'
verify --quiet --sample 1 "root@$board_name" "$scratch/new.img"
expect_status 0
expect_says 'the 2 chunks .* of 24'

# change OFFSET LENGTH: other bytes there.
change ()
{
  tr '\0' '\125' </dev/zero | dd of="$board_target" bs=1 seek="$1" count="$2" \
    conv=notrunc,fsync status=none
}

echo "# differences"
change 3000 1                     # before the first partition
change $((2048 * 512 + 4090)) 8   # two blocks of partition 1
change 5242878 4                  # from partition 1 to partition 2
change $((24 * 1048576 - 2561)) 1 # the last byte
remember_target
verify "pi@$board_name" "$scratch/new.img"
expect_status 6
expect_says 'DIFFERS' ' 5 differ \(6 blocks of 4096 bytes in 4 ranges\)' \
  'offset 0, 4096 bytes \(4.1 kB\): before the first' \
  'offset 1048576, 8192 bytes .*: partition 1 \(FAT\)$' \
  'offset 5238784, 8192 bytes .*: partition 1 \(FAT\) to partition 2 \(Linux\)' \
  'offset 25161728, 1536 bytes .*: outside of all partitions'
expect_untouched
# The first and the last chunk are in every sample.
verify --sample 2 "root@$board_name" "$scratch/new.img"
expect_status 6
expect_says 'Compared 2 of 24' ' 2 differ'

echo "# another partition table is said first, and the list is bounded"
n=0
while [ $n -lt 70 ]; do
  change $((9 * 1048576 + n * 8192)) 1
  n=$((n + 1))
done
dd if=/dev/zero of="$board_target" bs=512 count=1 conv=notrunc,fsync status=none
verify "root@$board_name" "$scratch/new.img"
expect_status 6
expect_says 'partition table of .* is not .*none with 0 .* MBR with 2' \
  'and 10 more ranges' 'in 74 ranges'
[ "$(grep -c '^  offset' "$scratch/said")" -eq 64 ] || fail "not 64 ranges"
[ "$(grep -n 'partition table' "$scratch/said" | cut -d: -f1)" -lt \
  "$(grep -n '^  offset' "$scratch/said" | head -n 1 | cut -d: -f1)" ] ||
  fail "the partition table is not said first"

echo "# an image that is larger than the disk"
cp "$scratch/new.img" "$scratch/large.img"
truncate -s 65M "$scratch/large.img"
dd if="$scratch/large.img" of="$board_target" bs=1M count=64 conv=notrunc,fsync status=none
verify "root@$board_name" "$scratch/large.img"
expect_status 6
expect_says 'larger than' 'Compared 64 of 64 chunks.* 0 differ' 'DIFFERS'
expect_clean
