#!/bin/sh
# SPDX-License-Identifier: MIT
# The root on a plain disk: sd*, vd*, xvd*, hd*, mmcblk* with its special areas,
# nvme*, as /dev/root, by label, and on a whole disk without a table.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
# shellcheck source=tests/client/fake-board.sh
. "$(dirname "$0")/fake-board.sh"

for name in sda vda xvdb hda mmcblk0 nvme0n1; do
  case $name in *[0-9]) p=p ;; *) p= ;; esac
  new_board
  disk $name 8:0
  part $name${p}1 8:1 2048 65536
  part $name${p}2 8:2 67584 100000
  mounted 8:2 ext4 /dev/$name${p}2 /
  mounted 8:1 vfat /dev/$name${p}1 '/boot\040x'
  swap_on /dev/$name${p}1
  probe
  has "root-partition=$name${p}2" "root-stack=ext4 on $name${p}2" "disk=$name" \
    disk-number=8:0 disk-sectors=1000000 disk-block=512 disk-removable=1 \
    disk-read-only=0 "disk-model=A disk *" disk-serial=SER1 \
    "partition=$name${p}1 2048 65536" "partition=$name${p}2 67584 100000" \
    "mount=$name${p}2 ext4 /" "mount=$name${p}1 vfat /boot\040x" "swap=$name${p}1"
  has_not '^(upon|other-disk)='
  # Named, it is the same.
  cp "$scratch/out" "$scratch/unnamed"
  probe /dev/$name
  cmp "$scratch/unnamed" "$scratch/out" || fail "--device $name is another answer"
done

# What the kernel calls the device does not matter: its number does.
new_board
disk mmcblk0 179:0
part mmcblk0p1 179:1 8192 524288
part mmcblk0p2 179:2 532480 400000
number=100
for area in boot0 boot1 rpmb gp0; do
  number=$((number + 1))
  add_device mmcblk0$area 179:$number "$disk_folder/mmcblk0$area"
done
echo "root=PARTUUID=5e3da3da-02 rootfstype=ext4" >"$fake_root/proc/cmdline"
mounted 179:2 ext4 /dev/root /
probe
has root-partition=mmcblk0p2 disk=mmcblk0 disk-number=179:0 "mount=mmcblk0p2 ext4 /"
has_not 'boot0|boot1|rpmb|gp0'
probe /dev/mmcblk0boot0
refused "mmcblk0boot0 is a special area of an eMMC"

# A file system on the whole disk: the disk is sure.
new_board
disk sdb 8:16
mounted 8:16 ext4 /dev/sdb /
probe
has root-partition=sdb "root-stack=ext4 on sdb" disk=sdb "mount=sdb ext4 /"

# Of several mounts on /, the last one counts.
new_board
disk sda 8:0
part sda1 8:1 2048 65536
disk sdb 8:16
part sdb1 8:17 2048 65536
mounted 8:1 ext4 /dev/sda1 /
mounted 8:17 ext4 /dev/sdb1 /
probe
has root-partition=sdb1 disk=sdb
has_not 'mount=sda1'
probe /dev/sda
refused "its /dev/sda is in use: mount sda1 ext4 /"
