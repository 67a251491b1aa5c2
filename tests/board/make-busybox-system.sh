#!/bin/bash
# SPDX-License-Identifier: MIT
# make-busybox-system.sh OLD_DIR OUTDIR
#
# Makes the disk of another running board, OUTDIR/old.img, as small routers have
# them: busybox is its init and all of its programs, dropbear its ssh daemon.
# There is no bash, no systemd, no sudo, no /run and no /dev/shm.  init starts
# again what ends, a program that keeps writing to the root file system among
# it.  The kernel comes from OLD_DIR (make-old-system.sh).

set -euo pipefail
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/disk-image.sh"
. "$LAB_SCRIPTS/initramfs.sh"

old=${1:?usage: make-busybox-system.sh OLD_DIR OUTDIR}
out=${2:?}
disk_id=0b5b0b01
disk_mib=240 p1_start=1 p1_mib=48 p2_start=49
modules='virtio_pci virtio_blk virtio_net crc32c_generic ext4'

main ()
{
  lab_require_tools mkfs.ext4 mkfs.vfat mcopy syslinux sfdisk dropbear dropbearconvert busybox readelf
  lab_make_keys
  mkdir -p "$out"
  out=$(cd "$out" && pwd)
  local fingerprint
  fingerprint=$(lab_fingerprint "$LAB_SCRIPTS/make-busybox-system.sh" \
    "$LAB_SCRIPTS/disk-image.sh" "$LAB_SCRIPTS/initramfs.sh" "$old/fingerprint" \
    "$LAB_KEYS/login.pub" "$LAB_KEYS/old-host.pub")
  if lab_is_fresh "$out" "$fingerprint"; then
    lab_say "the busybox system is there already"
    return
  fi
  rm -f "$out/fingerprint"
  work=$(mktemp -d "$out/work.XXXXXX")
  trap 'lab_report_exit $?; rm -rf "$work"' EXIT
  lab_step "busybox system: initramfs made" make_initramfs
  lab_step "busybox system: root made" make_root
  lab_step "busybox system: disk made" make_disk
  mv "$work/old.img" "$out"
  lab_mark_fresh "$out" "$fingerprint"
}

# -- The initramfs, for the kernel's modules ---------------------------------

make_initramfs ()
{
  local root=$work/initramfs applet
  mkdir -p "$root"/{bin,dev,disk,proc,sys}
  initramfs_add_program busybox "" "$root"
  for applet in sh mount umount modprobe sleep switch_root; do
    ln -s busybox "$root/bin/$applet"
  done
  # shellcheck disable=SC2086  # a list
  initramfs_add_modules "$(echo "$old"/lib/modules/*)" "$root" $modules
  cat <<'EOF' | sed "s/MODULES/$modules/" >"$root/init"
#!/bin/sh
export PATH=/bin
mount -t devtmpfs none /dev
exec </dev/console >/dev/console 2>&1
mount -t proc none /proc
modprobe -a MODULES
for try in 1 2 3 4 5 6 7 8 9 10; do
  mount -t ext4 -o rw,noatime /dev/vda2 /disk && break
  sleep 0.5
done
umount /proc
mount -o move /dev /disk/dev
exec switch_root /disk /sbin/init
EOF
  chmod 755 "$root/init"
}

# -- The root ----------------------------------------------------------------

make_root ()
{
  local root=$work/root applet
  mkdir -p "$root"/{bin,dev,proc,sys,tmp,sbin,usr/sbin,var/lib,etc/dropbear,etc/init.d}
  initramfs_add_program busybox "" "$root"
  for applet in $(busybox --list | grep -vx busybox); do
    ln -s busybox "$root/bin/$applet"
  done
  ln -s ../bin/busybox "$root/sbin/init"
  initramfs_add_program dropbear "" "$root"
  mv "$root/bin/dropbear" "$root/usr/sbin/dropbear"
  initramfs_add_name_service "$root"
  ln -s /tmp "$root/var/run"
  write_logins "$root"
  write_init "$root"
  write_service "$root"
  write_writer "$root"
}

write_logins ()
{
  initramfs_add_root_login "$1"
  echo router >"$1/etc/hostname"
  dropbearconvert openssh dropbear "$LAB_KEYS/old-host" \
    "$1/etc/dropbear/dropbear_ed25519_host_key" 2>/dev/null
}

write_init ()
{
  cat >"$1/etc/inittab" <<'EOF'
::sysinit:/etc/init.d/rcS
::respawn:/usr/sbin/dropbear -F -E -R -p 22
::respawn:/usr/sbin/old-root-writer
EOF
  cat >"$1/etc/init.d/rcS" <<'EOF'
#!/bin/sh
mount -t proc none /proc
mount -t sysfs none /sys
mount -t tmpfs -o noexec,nosuid,size=8m none /tmp
mkdir -p /dev/pts
mount -t devpts none /dev/pts
hostname -F /etc/hostname
ip link set lo up
ip link set eth0 up
ip address add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2
/etc/init.d/marine-demo start
EOF
  chmod 755 "$1/etc/init.d/rcS"
}

# Something to stop before a flash.
write_service ()
{
  cat >"$1/etc/init.d/marine-demo" <<'EOF'
#!/bin/sh
file=/tmp/marine-demo.pid
case $1 in
  start) start-stop-daemon -S -b -m -p $file -x /bin/sleep -- 1000000 ;;
  stop) start-stop-daemon -K -p $file -x /bin/sleep && rm $file ;;
  status) [ -f $file ] && kill -0 "$(cat $file)" || exit 3 ;;
  *) exit 2 ;;
esac
EOF
  chmod 755 "$1/etc/init.d/marine-demo"
}

# As the old system's writer (make-old-system.sh): data, metadata, journal, for
# ever.
write_writer ()
{
  cat >"$1/usr/sbin/old-root-writer" <<'EOF'
#!/bin/sh
dir=/var/lib/old-root-writer
mkdir -p $dir
echo start >>$dir/starts
round=0
while :; do
  round=$(( (round + 1) % 1000 ))
  for file in a b c d; do
    dd if=/dev/urandom of=$dir/$file bs=4k count=20 conv=fsync 2>/dev/null || sleep 1
    echo "round $round" >>$dir/log
  done
  if [ $((round % 10)) -eq 0 ]; then
    mkdir $dir/new && rm -rf $dir/new $dir/[abcd]
  fi 2>/dev/null
done
EOF
  chmod 755 "$1/usr/sbin/old-root-writer"
}

# -- The disk ----------------------------------------------------------------

make_disk ()
{
  local boot=$work/boot
  mkdir "$boot"
  cp "$old/vmlinuz" "$boot/vmlinuz"
  initramfs_pack "$work/initramfs" "$boot/initrd.img"
  disk_write_loader_files "$boot" "" "$KIND_COMMAND_LINE flr.board=busybox"
  disk_create "$work/old.img" "$disk_id" "$disk_mib" "$p1_start" "$p1_mib" "$p2_start"
  disk_fill_fat "$work/old.img" "$p1_start" "$p1_mib" "$disk_id" "$boot"
  # A journal near the front, as in make-old-system.sh: a write of the old
  # system that should not have been lands inside the image that was flashed.
  run_as_root_or_fakeroot fill_root
}

fill_root ()
{
  chown -R 0:0 "$work/root"
  disk_fill_ext4 "$work/old.img" "$p2_start" "$disk_mib" "$work/root" \
    -J size=8,location=8M -L board-router
}

# dropbear wants the keys of root to be root's.
run_as_root_or_fakeroot ()
{
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    export work disk_mib p2_start
    # shellcheck disable=SC2016  # expanded by the inner shell
    BOARD_LAB_DIR=$BOARD_LAB_DIR fakeroot bash -euo pipefail -c '
      . "$1/lab.sh"; . "$1/disk-image.sh"; eval "$2"; "$3"
    ' make-busybox-system "$LAB_SCRIPTS" "$(declare -f "$1")" "$1"
  fi
}

main
