# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Disk images with a FAT partition to boot from (MBR and syslinux, or GPT and a
# UEFI boot loader) and an ext4 partition, made without root and without loop
# devices.  Sourced after lab.sh.

SECTOR=512
MIB=$((1024 * 1024))

# disk_create FILE ID SIZE_MIB P1_START_MIB P1_SIZE_MIB P2_START_MIB
# The second partition goes to the end (and leaves a GPT's copy its place).
disk_create ()
{
  local file=$1 id=$2 size=$3 p1_start=$4 p1_size=$5 p2_start=$6
  local per_mib=$((MIB / SECTOR))
  rm -f "$file"
  truncate -s "${size}M" "$file"
  case $KIND_FIRMWARE in
    bios)
      partition "$file" "label: dos" "label-id: 0x$id" \
        "start=$((p1_start * per_mib)), size=$((p1_size * per_mib)), type=c, bootable" \
        "start=$((p2_start * per_mib)), size=$(((size - p2_start) * per_mib)), type=83"
      dd if="$(find_syslinux_file mbr.bin)" of="$file" bs=440 count=1 conv=notrunc status=none
      ;;
    uefi)
      partition "$file" "label: gpt" "label-id: $(disk_partition_id "$id" 0)" \
        "start=$((p1_start * per_mib)), size=$((p1_size * per_mib)), type=U, uuid=$(disk_partition_id "$id" 1)" \
        "start=$((p2_start * per_mib)), type=L, uuid=$(disk_partition_id "$id" 2)"
      ;;
  esac
}

# disk_partition_id ID NUMBER: its PARTUUID.
disk_partition_id ()
{
  case $KIND_FIRMWARE in
    bios) printf '%s-%02d' "$1" "$2" ;;
    uefi) printf '%s-0000-4000-8000-%012d' "$1" "$2" ;;
  esac
}

partition ()            # FILE LINE...
{
  local file=$1
  shift
  printf '%s\n' "$@" | sfdisk --quiet "$file"
}

# disk_write_loader_files FOLDER EFI_PROGRAM OPTIONS: what boots FOLDER/vmlinuz with
# FOLDER/initrd.img, where FOLDER becomes the first partition.
disk_write_loader_files ()
{
  local folder=$1 efi_program=$2 options=$3
  case $KIND_FIRMWARE in
    bios)
      printf '%s\n' 'DEFAULT board' 'PROMPT 0' 'TIMEOUT 0' 'LABEL board' \
        '  LINUX vmlinuz' '  INITRD initrd.img' "  APPEND $options" >"$folder/syslinux.cfg"
      ;;
    uefi)
      mkdir -p "$folder/EFI/BOOT" "$folder/loader/entries"
      cp "$efi_program" "$folder/EFI/BOOT/BOOTAA64.EFI"
      printf '%s\n' 'default board.conf' 'timeout 0' >"$folder/loader/loader.conf"
      printf '%s\n' 'title board' 'linux /vmlinuz' 'initrd /initrd.img' "options $options" \
        >"$folder/loader/entries/board.conf"
      ;;
  esac
}

# disk_fill_fat FILE START_MIB SIZE_MIB ID FOLDER
disk_fill_fat ()
{
  local file=$1 start=$2 size=$3 id=$4 folder=$5 fat=$1.fat
  rm -f "$fat"
  truncate -s "${size}M" "$fat"
  # The hidden sectors tell syslinux's boot sector where the partition begins.
  mkfs.vfat -F 16 -n BOOT -i "$id" -h $((start * MIB / SECTOR)) "$fat" >/dev/null
  mcopy -s -i "$fat" "$folder"/* ::
  [ "$KIND_FIRMWARE" = uefi ] || syslinux --install "$fat"
  dd if="$fat" of="$file" bs=1M seek="$start" conv=notrunc,sparse status=none
  rm "$fat"
}

# disk_fill_ext4 FILE START_MIB END_MIB TREE MKFS_OPTIONS...
# (no -E among them: mkfs takes only the last).  Files belong to whom they belong
# in TREE, the top folder to root.
disk_fill_ext4 ()
{
  local file=$1 start=$2 size=$(($3 - $2)) tree=$4
  shift 4
  # A GPT has a copy in the last 33 sectors.
  [ "$KIND_FIRMWARE" = bios ] || size=$((size - 1))
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
