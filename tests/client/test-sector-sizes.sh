#!/bin/sh
# SPDX-License-Identifier: MIT
# A disk with sectors of 4096 bytes: an image for it is flashed and verified, also
# one of no whole number of sectors; one whose table counts in other sectors than
# the disk is refused, GPT or MBR, either way.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
requires mkfs.ext4 -V

# table FILE SECTOR LABEL: 24 MB, with a file system in its only partition
table ()
{
  truncate -s 24M "$1"
  image_loop=$(losetup --show -b "$2" -f "$1") || skip "no loop device is free"
  type=83
  [ "$3" = dos ] || type=L
  printf 'label: %s\nstart=1MiB,size=16MiB,type=%s\n' "$3" $type |
    /sbin/sfdisk -q "$image_loop"
  losetup -d "$image_loop"
  mkfs.ext4 -q -F "$scratch/fs" 8M
  dd if="$scratch/fs" of="$1" bs=1M seek=1 conv=notrunc status=none
  dd if=/dev/urandom of="$1" bs=1M seek=20 count=2 conv=notrunc status=none
  [ -z "${4:-}" ] || head -c "$4" /dev/urandom >>"$1"
}

refused_sectors ()
{
  flash_target "$2" "root@$board_name" "$scratch/$1"
  expect_status 3
  expect_says "counts in sectors of $3 bytes, and loop[0-9]* has sectors of $4" \
    "nothing was written"
  expect_untouched
}

truncate -s 8M "$scratch/fs"
for label in gpt dos; do
  for sector in 512 4096; do table "$scratch/$label-$sector.img" $sector $label; done
done
table "$scratch/odd.img" 4096 dos 1234

board_sector=4096
start_board
fill_target
[ "$(cat "/sys/class/block/${board_target##*/}/queue/logical_block_size")" = 4096 ] ||
  skip "no loop device with sectors of 4096 bytes"
remember_target
for label in gpt dos; do refused_sectors $label-512.img --stream 512 4096; done
for image in gpt-4096.img dos-4096.img odd.img; do
  for mode in --stream --ramfs; do
    fill_target
    flash_target $mode "root@$board_name" "$scratch/$image"
    expect_status 0
    expect_flashed "$scratch/$image"
    expect_rest_untouched "$scratch/$image"
    expect_says "verified|read back"
  done
done
# verify reads such a disk, too.
flash verify --device "$board_target" "root@$board_name" "$scratch/odd.img"
expect_status 0
stop_board

board_suffix=2 board_sector=512
start_board
fill_target
remember_target
for label in gpt dos; do refused_sectors $label-4096.img --ramfs 4096 512; done
flash_target --stream "root@$board_name" "$scratch/dos-512.img"
expect_status 0
expect_flashed "$scratch/dos-512.img"
