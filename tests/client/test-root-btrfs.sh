#!/bin/sh
# SPDX-License-Identifier: MIT
# The root on btrfs, whose devices only /sys/fs/btrfs knows.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
# shellcheck source=tests/client/fake-board.sh
. "$(dirname "$0")/fake-board.sh"

# btrfs UUID DEVICE...: a mounted file system on them
btrfs ()
{
  folder=$fake_sys/fs/btrfs/$1/devices
  mkdir -p "$folder"
  shift
  for device; do ln -s "../../../../class/block/$device" "$folder/$device"; done
}

new_board
disk sda 8:0
part sda1 8:1 2048 4096
part sda2 8:2 8192 900000
part sda3 8:3 908192 4096
disk sdb 8:16
btrfs 11-22 sda2
mounted 0:28 btrfs /dev/sda2 / rw,subvolid=256,subvol=/@
mounted 0:28 btrfs /dev/sda2 /home rw,subvolid=257,subvol=/@home
probe
has root-partition=sda2 "root-stack=btrfs on sda2" disk=sda \
  "mount=sda2 btrfs /" "mount=sda2 btrfs /home"

# The kernel's own name for the device; of two file systems, it could be either.
sed -i 's|/dev/sda2|/dev/root|' "$fake_root/proc/self/mountinfo"
probe
has root-partition=sda2 disk=sda "mount=sda2 btrfs /home"
btrfs 33-44 sdb
probe
refused "btrfs on /dev/root, and /sys/fs/btrfs does not tell its devices"

# Two partitions of one disk; then two disks.
sed -i 's|/dev/root|/dev/sda3|' "$fake_root/proc/self/mountinfo"
ln -s ../../../../class/block/sda3 "$fake_sys/fs/btrfs/11-22/devices/sda3"
probe
has root-partition=sda2 "root-stack=btrfs on sda2 + sda3" disk=sda "mount=sda3 btrfs /home"
rm -r "$fake_sys/fs/btrfs/33-44"
ln -s ../../../../class/block/sdb "$fake_sys/fs/btrfs/11-22/devices/sdb"
probe
refused "several disks, sda, sdb \(btrfs on sda2 \+ sda3 \+ sdb\); name one with --device"
probe /dev/sdb
has root-partition=sdb disk=sdb "mount=sdb btrfs /" "other-disk=sda btrfs"

# On LUKS.
new_board
disk sda 8:0
part sda1 8:1 2048 4096
dm dm-0 253:0 CRYPT-LUKS2-x-root root sda1
btrfs 11-22 dm-0
mounted 0:28 btrfs /dev/mapper/root /
probe
has root-partition=sda1 "root-stack=btrfs on root (LUKS) on sda1" disk=sda "mount=dm-0 btrfs /"

# Another btrfs reaches from the root disk to another one.
new_board
disk sda 8:0
part sda1 8:1 2048 4096
part sda2 8:2 8192 4096
disk sdb 8:16
btrfs 55-66 sda2 sdb
mounted 8:1 ext4 /dev/sda1 /
mounted 0:30 btrfs /dev/sdb /data
probe
refused "btrfs, which lies on its root disk sda, lies on sdb, too; name sda with --device"
probe /dev/sda
has root-partition=sda1 disk=sda "mount=sda2 btrfs /data" "other-disk=sdb btrfs"
