#!/bin/sh
# SPDX-License-Identifier: MIT
# The root on LVM: one disk is taken, with all that lies on it; several are refused
# unless --device names one.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
# shellcheck source=tests/client/fake-board.sh
. "$(dirname "$0")/fake-board.sh"

vg=LVM-abcdefghijklmnopqrstuvwxyz012345
other_vg=LVM-ABCDEFGHIJKLMNOPQRSTUVWXYZ012345
lv () { printf '%s%032d' "$vg" "$1"; }

# one_disk: root, home and swap in a volume group on sda2
one_disk ()
{
  new_board
  disk sda 8:0
  part sda1 8:1 2048 65536
  part sda2 8:2 67584 900000
  dm dm-0 253:0 "$(lv 0)" vg-root sda2
  dm dm-1 253:1 "$(lv 1)" vg-home sda2
  dm dm-2 253:2 "$(lv 2)" vg-swap sda2
  mounted 253:0 ext4 /dev/mapper/vg-root /
  mounted 253:1 xfs /dev/mapper/vg-home /home
  mounted 8:1 ext2 /dev/sda1 /boot
  swap_on /dev/dm-2
}

one_disk
probe
has root-partition=sda2 "root-stack=ext4 on vg-root (LVM) on sda2" disk=sda \
  "upon=sda2 dm-0 vg-root (LVM)" "upon=sda2 dm-1 vg-home (LVM)" \
  "upon=sda2 dm-2 vg-swap (LVM)" "mount=dm-0 ext4 /" "mount=dm-1 xfs /home" \
  "mount=sda1 ext2 /boot" swap=dm-2
has_not '^other-disk='
probe /dev/sda
has root-partition=sda2 disk=sda
probe /dev/dm-0
refused "its /dev/dm-0 is an LVM volume, not a plain disk"

# The disk itself is the physical volume.
new_board
disk vda 254:0
dm dm-0 253:0 "$(lv 0)" vg-root vda
mounted 253:0 ext4 /dev/mapper/vg-root /
probe
has root-partition=vda "root-stack=ext4 on vg-root (LVM) on vda" "upon=vda dm-0 vg-root (LVM)"

# Two physical volumes on one disk.
new_board
disk sda 8:0
part sda1 8:1 2048 65536
part sda2 8:2 67584 900000
dm dm-0 253:0 "$(lv 0)" vg-root sda1 sda2
mounted 253:0 ext4 /dev/mapper/vg-root /
probe
has root-partition=sda1 "root-stack=ext4 on vg-root (LVM) on sda1 + sda2" \
  "upon=sda1 dm-0 vg-root (LVM)" "upon=sda2 dm-0 vg-root (LVM)"
[ "$(grep -c '^mount=' "$scratch/out")" -eq 1 ] || fail "the mount is told twice"

# The root itself on two disks.
one_disk
disk sdb 8:16
part sdb1 8:17 2048 900000
dm dm-3 253:3 "$(lv 3)" vg-big sda2 sdb1
: >"$fake_root/proc/self/mountinfo"
mounted 253:3 ext4 /dev/mapper/vg-big /
probe
refused "lies on several disks, sda, sdb \(ext4 on vg-big \(LVM\) on sda2 \+ sdb1\); name one with --device"
probe /dev/sda
has root-partition=sda2 disk=sda "other-disk=sdb vg-root (LVM)" "mount=dm-3 ext4 /"
probe /dev/sdb
has root-partition=sdb1 disk=sdb "other-disk=sda vg-big (LVM)"

# The root on one disk, but another volume of its group on another one.
one_disk
disk sdb 8:16
part sdb1 8:17 2048 900000
dm dm-3 253:3 "$(lv 3)" vg-data sdb1
probe
refused "vg-root \(LVM\), which lies on its root disk sda, lies on sdb, too; name sda with --device"
probe /dev/sda
has root-partition=sda2 disk=sda "other-disk=sdb vg-root (LVM)"
# Another group on another disk is nobody's business.
one_disk
disk sdb 8:16
part sdb1 8:17 2048 900000
dm dm-3 253:3 "${other_vg}00000000000000000000000000000001" data-x sdb1
mounted 253:3 ext4 /dev/mapper/data-x /data
probe
has root-partition=sda2 disk=sda
has_not 'dm-3|other-disk'
probe /dev/sdb
refused "on its /dev/sdb, sdb1 is part of dm-3, an LVM volume"

# A thin volume lies on its pool.
new_board
disk sda 8:0
part sda1 8:1 2048 900000
dm dm-0 253:0 "$(lv 0)-tdata" vg-pool_tdata sda1
dm dm-1 253:1 "$(lv 1)-tpool" vg-pool-tpool dm-0
dm dm-2 253:2 "$(lv 2)" vg-root dm-1
mounted 253:2 ext4 /dev/mapper/vg-root /
probe
has "root-stack=ext4 on vg-root (LVM) on vg-pool-tpool (LVM) on vg-pool_tdata (LVM) on sda1" disk=sda

# Volumes that write by themselves.
for name in vg-lv_corig vg-lv_rimage_0 vg-lv_wcorig vg-lv_cpool_cdata; do
  new_board
  disk sda 8:0
  part sda1 8:1 2048 900000
  dm dm-0 253:0 "$(lv 0)-x" $name sda1
  dm dm-1 253:1 "$(lv 1)" vg-lv dm-0
  mounted 253:1 ext4 /dev/mapper/vg-lv /
  for device in '' /dev/sda; do
    probe $device
    refused "on its root disk sda lies $name \(LVM\), a part of .* by itself"
  done
done
