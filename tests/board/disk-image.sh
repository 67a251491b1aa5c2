# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Disk images with an MBR, a FAT partition that syslinux boots from, and an ext4
# partition, made without root and without loop devices.  Sourced after lab.sh.

SECTOR=512
MIB=$((1024 * 1024))

# disk_create FILE SIZE_MIB ID P1_START_MIB P1_SIZE_MIB P2_START_MIB
# The second partition goes to the end.
disk_create ()
{
  local file=$1 size=$2 id=$3 p1_start=$4 p1_size=$5 p2_start=$6
  local p2_size=$((size - p2_start)) per_mib=$((MIB / SECTOR)) mbr
  mbr=$(find_syslinux_file mbr.bin)
  rm -f "$file"
  truncate -s "${size}M" "$file"
  sfdisk --quiet "$file" <<EOF
label: dos
label-id: 0x$id
start=$((p1_start * per_mib)), size=$((p1_size * per_mib)), type=c, bootable
start=$((p2_start * per_mib)), size=$((p2_size * per_mib)), type=83
EOF
  dd if="$mbr" of="$file" bs=440 count=1 conv=notrunc status=none
}

# disk_fill_fat FILE START_MIB SIZE_MIB ID SOURCE_FILES...
# syslinux.cfg must be among the files.
disk_fill_fat ()
{
  local file=$1 start=$2 size=$3 id=$4 fat=$1.fat
  shift 4
  rm -f "$fat"
  truncate -s "${size}M" "$fat"
  # The hidden sectors tell syslinux's boot sector where the partition begins.
  mkfs.vfat -F 16 -n BOOT -i "$id" -h $((start * MIB / SECTOR)) "$fat" >/dev/null
  mcopy -i "$fat" "$@" ::
  syslinux --install "$fat"
  dd if="$fat" of="$file" bs=1M seek="$start" conv=notrunc,sparse status=none
  rm "$fat"
}

# disk_fill_ext4 FILE START_MIB SIZE_MIB TREE MKFS_OPTIONS...
# (no -E among them: mkfs takes only the last).  Files belong to whom they belong
# in TREE, the top folder to root.
disk_fill_ext4 ()
{
  local file=$1 start=$2 size=$3 tree=$4
  shift 4
  mkfs.ext4 -q -F -d "$tree" -E "offset=$((start * MIB)),lazy_itable_init=0,root_owner=0:0" \
    "$@" "$file" "${size}M"
}

find_syslinux_file ()
{
  local file
  file=$(find /usr/lib/syslinux /usr/lib/SYSLINUX /usr/share/syslinux \
    -name "$1" 2>/dev/null | head -n 1)
  [ -n "$file" ] || lab_die "$1 of syslinux not found; is syslinux-common installed?"
  printf '%s\n' "$file"
}
