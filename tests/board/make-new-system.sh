#!/bin/bash
# SPDX-License-Identifier: MIT
# make-new-system.sh OLD_DIR OUTDIR
#
# Makes the image to flash, OUTDIR/new.img, and the same as new.img.xz (several
# Blocks) and new.img.gz; OUTDIR/large.img and large.img.xz, the same with more behind
# it that takes time to send: a small system that boots quickly from its own boot
# loader and answers by ssh with the text in /etc/flashed-system, which it reads
# from its second partition.  The kernel comes from OLD_DIR (make-old-system.sh), as
# do the programs of a board of another architecture.
#
# Nothing lies where it lies on the old disk: a board that was overwritten must
# not seem to survive, and one stray write of the old system must be seen.  What
# the old system writes most (superblock, journal, inode tables) falls into the
# incompressible file and the holes of the second partition.

set -euo pipefail
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/disk-image.sh"
. "$LAB_SCRIPTS/initramfs.sh"

old=${1:?usage: make-new-system.sh OLD_DIR OUTDIR}
out=${2:?}
disk_id=0e3e5a02
filler_mib=20 large_mib=64
modules="$KIND_DISK_MODULES virtio_pci virtio_net crc32c_generic ext4"

main ()
{
  lab_require_tools mkfs.ext4 mkfs.vfat mcopy syslinux sfdisk dropbear busybox readelf xz gzip
  lab_make_keys
  mkdir -p "$out"
  out=$(cd "$out" && pwd)
  local fingerprint
  fingerprint=$(lab_fingerprint "$LAB_SCRIPTS/make-new-system.sh" "$LAB_SCRIPTS/disk-image.sh" \
    "$LAB_SCRIPTS/initramfs.sh" "$(kind_words)" \
    "$old/fingerprint" "$LAB_KEYS/login.pub" "$LAB_KEYS/new-host.pub")
  if lab_is_fresh "$out" "$fingerprint"; then
    lab_say "the new system is there already"
    return
  fi
  rm -f "$out/fingerprint"
  work=$(mktemp -d "$out/work.XXXXXX")
  trap 'lab_report_exit $?; rm -rf "$work"' EXIT
  echo "new system ${fingerprint:0:16}" >"$work/flashed-system"
  lab_step "new system: initramfs made" make_initramfs
  lab_step "new system: disk made" make_disk
  lab_step "new system: compressed" compress_disk
  mv "$work/flashed-system" "$work"/*.img* "$out"
  lab_mark_fresh "$out" "$fingerprint"
}

# -- The initramfs ----------------------------------------------------------

# The programs are this machine's own, or come with the old system.
make_initramfs ()
{
  local root=$work/initramfs programs='' applet
  [ ! -d "$old/programs" ] || programs=$old/programs
  mkdir -p "$root"/{bin,dev,disk,etc/dropbear,proc,root/.ssh,run,sys,tmp}
  initramfs_add_program busybox "$programs" "$root"
  for applet in sh mount modprobe ip cat ls sync reboot mkdir sha256sum dd; do
    ln -s busybox "$root/bin/$applet"
  done
  initramfs_add_program dropbear "$programs" "$root"
  initramfs_add_name_service "$root"
  # shellcheck disable=SC2086  # a list
  initramfs_add_modules "$(echo "$old"/lib/modules/*)" "$root" $modules
  write_logins "$root"
  write_init "$root"
  mkdir "$work/boot"
  initramfs_pack "$root" "$work/boot/initrd.img"
}

write_logins ()
{
  local root=$1
  initramfs_add_root_login "$root"
  cp "$LAB_KEYS/new-host" "$root/etc/dropbear/host_key"
  chmod 600 "$root/etc/dropbear/host_key"
  ln -s /disk/etc/flashed-system "$root/etc/flashed-system"
}

write_init ()
{
  cat <<'EOF' | sed "s/MODULES/$modules/; s|ROOT|$KIND_ROOT|" >"$1/init"
#!/bin/sh
export PATH=/bin
mount -t devtmpfs none /dev
exec </dev/console >/dev/console 2>&1
mount -t proc none /proc
mount -t sysfs none /sys
mkdir -p /dev/pts
mount -t devpts none /dev/pts
modprobe -a MODULES
ip link set lo up
ip link set eth0 up
ip address add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2
# The disk may come up a moment after its driver.
for try in 1 2 3 4 5 6 7 8 9 10; do
  mount -t ext4 -o ro ROOT /disk && break
  busybox sleep 0.5
done
echo "the new system is up: $(cat /etc/flashed-system)"
exec dropbear -F -E -s -r /etc/dropbear/host_key -p 22
EOF
  chmod 755 "$1/init"
}

# -- The disk ---------------------------------------------------------------

make_disk ()
{
  local boot=$work/boot tree=$work/tree size p1_start p1_size p2_start
  read -r size p1_start p1_size p2_start <<<"$KIND_NEW_LAYOUT"
  mkdir -p "$tree/etc"
  cp "$old/vmlinuz" "$boot/"
  disk_write_loader_files "$boot" "$old/boot-loader.efi" "$KIND_COMMAND_LINE flr.board=new"
  cp "$work/flashed-system" "$tree/etc/"
  head -c "${filler_mib}M" /dev/urandom >"$tree/filler"
  disk_create "$work/new.img" "$disk_id" "$size" "$p1_start" "$p1_size" "$p2_start"
  disk_fill_fat "$work/new.img" "$p1_start" "$p1_size" "$disk_id" "$boot"
  disk_fill_ext4 "$work/new.img" "$p2_start" "$size" "$tree" \
    -O ^has_journal -N 1024 -L board-new
}

# The other kinds of boards are flashed with new.img and new.img.xz only.
compress_disk ()
{
  xz -T0 -1 --block-size=4MiB --keep "$work/new.img"
  [ "$BOARD_KIND" = pc ] || return 0
  gzip -6 --keep "$work/new.img"
  cp "$work/new.img" "$work/large.img"
  head -c "${large_mib}M" /dev/urandom >>"$work/large.img"
  xz -T0 -0 --block-size=4MiB --keep "$work/large.img"
}

main
