#!/bin/sh
# SPDX-License-Identifier: MIT
# The root behind LUKS, dm-verity, and other devices of the device mapper.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
# shellcheck source=tests/client/fake-board.sh
. "$(dirname "$0")/fake-board.sh"

# behind UUID LABEL KIND: the root on one dm device on mmcblk0p2
behind ()
{
  new_board
  disk mmcblk0 179:0
  part mmcblk0p1 179:1 8192 524288
  part mmcblk0p2 179:2 532480 400000
  dm dm-0 253:0 "$1" "$2" mmcblk0p2
  mounted 253:0 ext4 "/dev/mapper/$2" /
  probe
  has root-partition=mmcblk0p2 disk=mmcblk0 "root-stack=ext4 on $2 ($3) on mmcblk0p2" \
    "upon=mmcblk0p2 dm-0 $2 ($3)" "mount=dm-0 ext4 /"
}

behind CRYPT-LUKS2-1234-cryptroot cryptroot LUKS
behind CRYPT-LUKS1-1234-cryptroot cryptroot LUKS
behind CRYPT-PLAIN-swap cryptroot dm-crypt
behind CRYPT-VERITY-1234-vroot vroot dm-verity
behind '' linear0 "device mapper"

# Verity's hashes on another partition; LVM in LUKS, with an encrypted swap beside.
new_board
disk nvme0n1 259:0
for n in 1 2 3 4; do part nvme0n1p$n 259:$n $((n * 4096)) 4096; done
dm dm-0 253:0 CRYPT-VERITY-x-vroot vroot nvme0n1p1 nvme0n1p2
dm dm-1 253:1 CRYPT-LUKS2-x-data data nvme0n1p3
dm dm-2 253:2 LVM-abcdefghijklmnopqrstuvwxyz01234500000000000000000000000000000001 vg-var dm-1
dm dm-3 253:3 CRYPT-PLAIN-x-swap swap nvme0n1p4
mounted 253:0 squashfs /dev/mapper/vroot /
mounted 253:2 ext4 /dev/mapper/vg-var /var
swap_on /dev/dm-3
probe
has root-partition=nvme0n1p1 disk=nvme0n1 \
  "root-stack=squashfs on vroot (dm-verity) on nvme0n1p1 + nvme0n1p2" \
  "upon=nvme0n1p2 dm-0 vroot (dm-verity)" "upon=nvme0n1p3 dm-1 data (LUKS)" \
  "upon=nvme0n1p3 dm-2 vg-var (LVM)" "mount=dm-2 ext4 /var" \
  "upon=nvme0n1p4 dm-3 swap (dm-crypt)" swap=dm-3

# A home of another disk is no part of it; one that reaches over both is refused.
disk sda 8:0
part sda1 8:1 2048 4096
dm dm-4 253:4 CRYPT-LUKS2-x-home home sda1
mounted 253:4 ext4 /dev/mapper/home /home
probe
has disk=nvme0n1
has_not 'home|other-disk'
dm dm-5 253:5 '' joined nvme0n1p3 sda1
probe
refused "joined \(device mapper\), which lies on its root disk nvme0n1, lies on sda, too"
probe /dev/nvme0n1
has disk=nvme0n1 root-partition=nvme0n1p1 "other-disk=sda joined (device mapper)"

# What the survey reads may be used by whom it will.
probe_purpose=survey
probe
has disk=nvme0n1 root-partition=nvme0n1p1
probe /dev/sda
has disk=sda
has_not '^root-partition='
probe_purpose=flash

for uuid in mpath-x CRYPT-INTEGRITY-x; do
  new_board
  disk sda 8:0
  part sda1 8:1 2048 4096
  dm dm-0 253:0 $uuid root sda1
  mounted 253:0 ext4 /dev/mapper/root /
  for device in '' /dev/sda; do
    probe $device
    refused "on its root disk sda lies root \(.*\), a (multipath|dm-integrity) device"
  done
done

# A device that lies on itself is no reason to look for ever.
new_board
disk sda 8:0
part sda1 8:1 2048 4096
dm dm-0 253:0 '' root sda1
rm "$fake_sys/class/block/dm-0/slaves/sda1" "$fake_sys/class/block/sda1/holders/dm-0"
ln -s ../../dm-0 "$fake_sys/class/block/dm-0/slaves/dm-0"
mounted 253:0 ext4 /dev/mapper/root /
probe
refused "lies on dm-0, a device mapper device"
