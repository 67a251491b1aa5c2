#!/bin/sh
# SPDX-License-Identifier: MIT
# The root is an overlay: the disk is taken that its layers and the kernel's
# command line lead to; in doubt it is refused.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
# shellcheck source=tests/client/fake-board.sh
. "$(dirname "$0")/fake-board.sh"

by_link ()
{
  mkdir -p "$fake_root/dev/disk/$1"
  ln -s "../../$3" "$fake_root/dev/disk/$1/$2"
}

card ()
{
  new_board
  disk mmcblk0 179:0
  part mmcblk0p1 179:1 8192 524288
  part mmcblk0p2 179:2 532480 400000
}

stick ()
{
  disk sda 8:0
  part sda1 8:1 2048 4096
}

# -- The overlayroot of Debian and raspi-config: the lower layer can be seen ----

card
stick
mounted 179:2 ext4 /dev/mmcblk0p2 /media/root-ro ro
mounted 0:23 tmpfs tmpfs-root /media/root-rw
mounted 0:24 overlay overlayroot / \
  rw,lowerdir=/media/root-ro,upperdir=/media/root-rw/overlay,workdir=/media/root-rw/overlay-workdir/_
mounted 179:1 vfat /dev/mmcblk0p1 /boot/firmware
mounted 8:1 vfat /dev/sda1 /media/stick
probe
has root-partition=mmcblk0p2 disk=mmcblk0 "root-stack=overlay over mmcblk0p2" \
  "mount=mmcblk0p2 ext4 /media/root-ro" "mount=mmcblk0p1 vfat /boot/firmware"
probe /dev/mmcblk0
has root-partition=mmcblk0p2 disk=mmcblk0
probe /dev/sda
refused "its /dev/sda is in use: mount sda1 vfat /media/stick"

# The writable layer on another disk: both are its root's.
sed -i 's|^.* /media/root-rw .*||' "$fake_root/proc/self/mountinfo"
mounted 8:1 ext4 /dev/sda1 /media/root-rw
probe
refused "several disks, mmcblk0, sda \(overlay over mmcblk0p2 \+ sda1\); name one with"
probe /dev/mmcblk0
has root-partition=mmcblk0p2 disk=mmcblk0

# -- raspi-config's older one: the layers are hidden, the command line tells ----

old_overlay ()
{
  mounted 0:24 overlay overlay / rw,lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work
}

card
stick
by_link by-partuuid 5e3da3da-02 mmcblk0p2
echo "boot=overlay root=PARTUUID=5e3da3da-02 rootwait" >"$fake_root/proc/cmdline"
old_overlay
mounted 8:1 vfat /dev/sda1 /media/stick
probe
has root-partition=mmcblk0p2 disk=mmcblk0 "root-stack=overlay over mmcblk0p2"
for word in LABEL=writable:by-label UUID=1-2:by-uuid PARTLABEL=root:by-partlabel; do
  name=${word%:*}
  by_link "${word#*:}" "${name#*=}" mmcblk0p2
  echo "root=$name" >"$fake_root/proc/cmdline"
  probe
  has root-partition=mmcblk0p2 disk=mmcblk0
done
for name in /dev/mmcblk0p2 179:2; do
  echo "root=$name" >"$fake_root/proc/cmdline"
  probe
  has root-partition=mmcblk0p2 disk=mmcblk0
done

# It tells nothing that can be found: all that is mounted must lead to one disk.
echo "root=PARTUUID=gone-02" >"$fake_root/proc/cmdline"
probe
# With two disks nobody knows, and naming one does not help.
for device in '' /dev/sda; do
  probe $device
  refused "overlay, and nothing tells which of its disks lies below \(mounted are sda: .*lowerdir=/lower"
done
# A file system that nobody sees is known to the kernel, too.
mkdir -p "$fake_sys/fs/ext4/mmcblk0p2"
probe
refused "mounted are sda, mmcblk0: "
# The only disk that there is.
card
old_overlay
mounted 179:1 vfat /dev/mmcblk0p1 /boot
probe
has disk=mmcblk0 root-partition=mmcblk0p1
# Nothing is mounted from any disk.
card
old_overlay
probe
refused "overlay, and nothing tells what disk lies below \(layers: .*lowerdir=/lower"

# -- OpenWrt: squashfs, and a loop device over the rest of the partition --------

openwrt ()
{
  card
  loop loop0 7:0 "$1"
  mounted 179:2 squashfs /dev/root /rom ro
  mounted 7:0 f2fs /dev/loop0 /overlay
  mounted 0:24 overlay overlayfs:/overlay / rw,lowerdir=/,upperdir=/overlay/upper,workdir=/overlay/work
}

for file in /dev/mmcblk0p2 /mmcblk0p2; do
  openwrt $file
  probe
  has root-partition=mmcblk0p2 disk=mmcblk0 "upon=mmcblk0p2 loop0 loop0" \
    "root-stack=overlay over mmcblk0p2 + loop0 on mmcblk0p2" \
    "mount=loop0 f2fs /overlay" "mount=mmcblk0p2 squashfs /rom"
done
# A stick in its USB port changes nothing.
stick
mounted 8:1 vfat /dev/sda1 /mnt
probe
has root-partition=mmcblk0p2 disk=mmcblk0
has_not '^mount=sda1'

# -- Layers that are no disk ----------------------------------------------------

card
mounted 0:30 nfs4 server:/root /lower
old_overlay
probe
refused "overlay over nfs4.*nothing to flash"
new_board
stick
loop loop0 7:0 /run/live/medium/live/filesystem.squashfs
mounted 7:0 squashfs /dev/loop0 /run/live/rootfs
mounted 0:24 overlay overlay / rw,lowerdir=/run/live/rootfs,upperdir=/run/live/overlay
probe
refused "lies on loop0, a loop device .*nothing to flash"
# The layer's path is one of the time before: a tmpfs that is there now proves
# nothing.
card
stick
mounted 0:25 tmpfs tmpfs /run
mounted 179:1 vfat /dev/mmcblk0p1 /boot
mounted 0:24 overlay overlay / rw,lowerdir=/run/lower,upperdir=/run/upper
probe
refused "nothing tells which of its disks lies below \(mounted are mmcblk0"
