#!/bin/sh
# SPDX-License-Identifier: MIT
# make-corpus.sh DIR MEBIBYTES FORMAT...: the images that are measured.
#
# image.img is laid out like a Raspberry Pi's: MBR, a FAT boot partition, an
# ext4 root that ends where the image ends, filled with files of this machine's
# /usr; about a third is free, and zero.  Each FORMAT is made from it (see
# `compress` below).  What is there is kept, unless it was made another way.
set -eu

# Raise it when an image is made in another way: all are made anew.
recipe=1

die ()
{
  printf 'make-corpus: %s\n' "$*" >&2
  exit 1
}

say ()
{
  printf 'make-corpus: %s\n' "$*" >&2
}

[ $# -ge 2 ] || die "usage: make-corpus.sh DIR MEBIBYTES FORMAT..."
dir=$1
mebibytes=$2
shift 2
case $mebibytes in
  ''|*[!0-9]*) die "not a size in MiB: $mebibytes" ;;
esac
[ "$mebibytes" -ge 32 ] || die "the image must have 32 MiB at least"
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=tests/bench/bench-formats.sh
. "$(dirname -- "$0")/bench-formats.sh"

mkdir -p "$dir"
cd "$dir"

# The layout, in MiB: as in Raspberry Pi OS the first partition begins at 4 MiB.
boot_start=4
boot_size=$((mebibytes / 10))
root_start=$((boot_start + boot_size))
root_size=$((mebibytes - root_start))

# --- the raw image ---------------------------------------------------------

# Lines "BYTES PATH" of /usr's files, always in the same order.  The bytes are
# what a file takes on the file system: blocks of 4 KiB, and its inode.
list_files ()
{
  find /usr -xdev -type f -readable ! -name '*
*' -printf '%s %P\n' 2>/dev/null | LC_ALL=C sort -k 2 |
    awk '{ size = $1; sub (/^[0-9]* /, "")
           print int ((size + 4095) / 4096) * 4096 + 256, $0 }'
}

# choose_files BYTES FILE: lines of FILE that make up that many bytes, from all
# over it, by the rule by which a slanted line is drawn on a screen.
choose_files ()
{
  awk -v want="$1" -v most="$(($1 / 8))" '
    $1 > most { next }
    NR == FNR { total += $1; next }
    { due += $1 * want / total }
    chosen + $1 <= due { chosen += $1; print }' "$2" "$2"
}

copy_root_files ()
{
  mkdir stage
  sed 's/^[0-9]* //' chosen | tr '\n' '\0' |
    tar -C /usr --no-recursion --null -cf - -T - | tar -C stage -xf -
}

# Few and large files, as kernels and their start files are.
copy_boot_files ()
{
  mkdir boot
  awk -v want="$((boot_size * 1048576 * 6 / 10))" '
    $1 >= 16384 && sum + $1 <= want { sum += $1; sub (/^[0-9]* /, ""); print }
    ' chosen >names
  n=0
  while IFS= read -r name; do
    n=$((n + 1))
    cp -- "/usr/$name" "boot/file-$n"
  done <names
}

make_boot_partition ()
{
  rm -f boot.img
  truncate -s "${boot_size}M" boot.img
  mkfs.fat --invariant -i 464c5245 -n BOOT boot.img >/dev/null
  # A folder: FAT16's root directory has few entries.
  mcopy -s -m -i boot.img boot ::
  dd if=boot.img of=image.part bs=1M seek="$boot_start" conv=notrunc,sparse \
    status=none
}

make_root_partition ()
{
  hash_seed=464c5245-0000-4000-8000-000000000002
  SOURCE_DATE_EPOCH=1700000000 E2FSPROGS_FAKE_TIME=1700000000 \
    mke2fs -q -F -t ext4 -L rootfs -N "$(($(find stage | wc -l) + 1000))" \
      -U 464c5245-0000-4000-8000-000000000001 \
      -E "offset=$((root_start * 1048576)),hash_seed=$hash_seed" \
      -d stage image.part "${root_size}M"
}

make_partition_table ()
{
  sfdisk -q image.part <<END
label: dos
label-id: 0x464c5245
start=$((boot_start * 2048)), size=$((boot_size * 2048)), type=c
start=$((root_start * 2048)), size=$((root_size * 2048)), type=83
END
}

make_raw_image ()
{
  say "filling an image of $mebibytes MiB with files of /usr"
  rm -rf stage boot image.part
  list_files >all-files
  choose_files "$((root_size * 1048576 * 63 / 100))" all-files >chosen
  copy_root_files
  copy_boot_files
  truncate -s "${mebibytes}M" image.part
  make_partition_table
  make_boot_partition
  make_root_partition
  rm -rf stage boot boot.img all-files chosen names
  mv image.part image.img
}

# --- the compressed images -------------------------------------------------

# Frames of 8 MiB, one after the other, each with its content's size.
zstd_frames ()
{
  i=0
  while [ "$i" -lt "$mebibytes" ]; do
    n=$((mebibytes - i))
    [ "$n" -le 8 ] || n=8
    dd if=image.img bs=1M skip="$i" count="$n" status=none |
      zstd -q -10 -c --stream-size="$((n * 1048576))"
    i=$((i + 8))
  done
}

compress ()
{
  case $1 in
    xz)          xz -T0 -6 --block-size=24MiB -c image.img ;;
    xz-one)      xz -T1 -6 -c image.img ;;
    gzip)        gzip -6 -n -c image.img ;;
    zstd)        zstd -q -10 -c image.img ;;
    zstd-frames) zstd_frames ;;
    bzip2)       bzip2 -9 -c image.img ;;
    zip)         zip -q -6 -X - image.img ;;
  esac
}

make_format ()
{
  file=$(image_name "$1")
  [ ! -e "$file" ] || return 0
  say "making $file"
  compress "$1" >"$file.part"
  mv "$file.part" "$file"
}

# --- the plan --------------------------------------------------------------

made_as="recipe=$recipe mebibytes=$mebibytes"
if [ "$(cat made-as 2>/dev/null)" != "$made_as" ]; then
  rm -f made-as image.img ./*.img.xz ./*.img.gz ./*.img.zst ./*.img.bz2 ./*.img.zip
fi
if [ ! -e image.img ]; then
  make_raw_image
  printf '%s\n' "$made_as" >made-as
fi
for format in "$@"; do
  make_format "$format"
done
