#!/bin/sh
# SPDX-License-Identifier: MIT
# The root lies on no disk: in memory, on the network, in a file, on raw flash.
# It is refused by what it is: there is nothing to flash.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
# shellcheck source=tests/client/fake-board.sh
. "$(dirname "$0")/fake-board.sh"

# A disk is there, too, which --device may name.
board ()
{
  new_board
  disk sda 8:0
  part sda1 8:1 2048 4096
}

for case in tmpfs:"tmpfs, in memory" ramfs:"ramfs, in memory" rootfs:"rootfs, in memory" \
  nfs4:"nfs4, on the network" 9p:"9p, on the network" virtiofs:"virtiofs, on the network" \
  ubifs:"ubifs, on raw flash memory"
do
  board
  mounted 0:20 ${case%%:*} none /
  probe
  refused "is ${case#*:}.*: there is nothing to flash but a disk that --device names"
  probe /dev/sda
  has disk=sda
  has_not '^root-partition='
done
board
mounted 0:20 zfs pool/root /
probe
refused "is zfs \(pool/root\), of which no disk is known"

for case in zram0:"a zram device, in memory" ram0:"a RAM disk" loop3:"a loop device" \
  nbd0:"a network block device" rbd1:"a Ceph block device" mtdblock2:"raw flash memory" \
  ubiblock0_1:"raw flash memory" zz9:"a kind of block device that is not known"
do
  board
  upon ${case%%:*} 7:3
  mounted 7:3 ext4 /dev/${case%%:*} /
  for device in '' /dev/${case%%:*}; do
    probe $device
    refused "lies on ${case%%:*}, ${case#*:}.*: there is nothing to flash"
  done
done

# A partition of a loop device, and LVM on one.
board
upon loop3 7:3
mkdir -p "$fake_sys/devices/virtual/block/loop3"
disk_folder=devices/virtual/block/loop3
part loop3p1 259:3 2048 4096
mounted 259:3 ext4 /dev/loop3p1 /
probe
refused "lies on loop3, a loop device \(ext4 on loop3p1\)"
dm dm-0 253:0 '' x loop3p1
mounted 253:0 ext4 /dev/dm-0 /
probe
refused "lies on loop3, a loop device \(ext4 on x \(device mapper\) on loop3p1\)"

# Disks by their name, but they are somewhere else.
new_board
disk sda 8:0 platform/host2/session1/target2:0:0/2:0:0:1
part sda1 8:1 2048 4096
mounted 8:1 ext4 /dev/sda1 /
probe
refused "lies on sda, an iSCSI disk, on the network"
for transport in tcp rdma; do
  new_board
  disk nvme0n1 259:0
  part nvme0n1p1 259:1 2048 4096
  attribute nvme0n1 device/transport $transport
  mounted 259:1 ext4 /dev/nvme0n1p1 /
  probe
  refused "lies on nvme0n1, an NVMe disk on the network"
done
attribute nvme0n1 device/transport pcie
probe
has disk=nvme0n1 root-partition=nvme0n1p1

# A container sees the disks of its host.
board
mounted 8:1 ext4 /dev/sda1 /
probe
has disk=sda root-partition=sda1
echo sh >"$fake_root/proc/2/comm"
probe
refused "it is a container, .*nothing to flash"
probe /dev/sda
refused "its /dev/sda is in use: mount sda1 ext4 /"

# No root, and one that sysfs does not know.
board
probe
refused "no root file system was found"
mounted 8:77 ext4 /dev/root /
probe
refused "root device 8:77 \(/dev/root\) is not in sysfs"
