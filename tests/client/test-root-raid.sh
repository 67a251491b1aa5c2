#!/bin/sh
# SPDX-License-Identifier: MIT
# The root on MD RAID 1 is refused unless --device names a disk of it; arrays that
# cannot do without a disk always are.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
# shellcheck source=tests/client/fake-board.sh
. "$(dirname "$0")/fake-board.sh"

mirror ()
{
  new_board
  disk sda 8:0
  part sda1 8:1 2048 4096
  part sda2 8:2 8192 900000
  disk sdb 8:16
  part sdb1 8:17 2048 4096
  part sdb2 8:18 8192 900000
  md md0 9:0 raid1 sda2 sdb2
  mounted 9:0 ext4 /dev/md0 /
}

mirror
probe
refused "several disks, sda, sdb \(ext4 on md0 \(MD RAID 1\) on sda2 \+ sdb2\); name one with --device"
for name in sda sdb; do
  other=sdb
  [ $name = sda ] || other=sda
  probe /dev/$name
  has root-partition=${name}2 disk=$name "root-stack=ext4 on md0 (MD RAID 1) on sda2 + sdb2" \
    "upon=${name}2 md0 md0 (MD RAID 1)" "other-disk=$other md0 (MD RAID 1)" "mount=md0 ext4 /"
done
probe /dev/md0
refused "its /dev/md0 is an MD RAID array, not a plain disk"

# Partitions on the array, LVM on that.
mirror
mkdir -p "$fake_sys/devices/virtual/block/md0/md0p1/holders"
disk_folder=devices/virtual/block/md0
part md0p1 259:7 2048 4096
dm dm-0 253:0 LVM-abcdefghijklmnopqrstuvwxyz01234500000000000000000000000000000001 vg-root md0p1
: >"$fake_root/proc/self/mountinfo"
mounted 253:0 ext4 /dev/mapper/vg-root /
probe /dev/sda
has root-partition=sda2 \
  "root-stack=ext4 on vg-root (LVM) on md0p1 on md0 (MD RAID 1) on sda2 + sdb2" \
  "upon=sda2 dm-0 vg-root (LVM)" "mount=dm-0 ext4 /"

for trouble in level=raid0:"cannot do without a disk" level=raid5:"cannot do without a disk" \
  degraded=1:"no other member that is whole" sync_action=recover:"is being rebuilt \(recover\)" \
  metadata_version=external:imsm:"has metadata of a kind that is not known here"
do
  mirror
  attribute md0 "md/${trouble%%=*}" "$(echo "${trouble#*=}" | sed 's/:[^:]*$//')"
  probe /dev/sda
  refused "md0 \(MD RAID [0-9]\) .*${trouble##*:}"
done

# Only /home is on an array.
new_board
disk sda 8:0
part sda1 8:1 2048 4096
part sda2 8:2 8192 900000
disk sdb 8:16
md md1 9:1 raid1 sda2 sdb
mounted 8:1 ext4 /dev/sda1 /
mounted 9:1 ext4 /dev/md1 /home
probe
refused "md1 \(MD RAID 1\) lies on its root disk sda; name that with --device"
probe /dev/sda
has root-partition=sda1 disk=sda "other-disk=sdb md1 (MD RAID 1)" "mount=md1 ext4 /home"
probe /dev/sdb
refused "on its /dev/sdb, sdb is part of md1, an MD RAID array"

# An array of which the board has one member.
new_board
disk sda 8:0
part sda1 8:1 2048 4096
md md0 9:0 raid1 sda1
attribute md0 md/degraded 1
mounted 9:0 ext4 /dev/md0 /
for device in '' /dev/sda; do
  probe $device
  refused "md0 \(MD RAID 1\) cannot do without sda: it has no other member"
done

# bcache writes back when it likes.
new_board
disk sda 8:0
part sda1 8:1 2048 4096
upon bcache0 252:0 sda1
mounted 252:0 ext4 /dev/bcache0 /
probe
refused "on its root disk sda lies bcache0, a bcache device, which writes back by itself"
