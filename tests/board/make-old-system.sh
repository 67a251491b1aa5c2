#!/bin/bash
# SPDX-License-Identifier: MIT
# make-old-system.sh OUTDIR
#
# Makes the disk of the running board, OUTDIR/old.img: a Debian or Ubuntu like
# this machine's own, for the board's architecture, with its boot loader, systemd,
# sshd, services to stop, a swap file in use, and a program that keeps writing to
# the root file system when told to.  OUTDIR/vmlinuz and OUTDIR/lib/modules are left
# for make-new-system.sh, and OUTDIR/programs and OUTDIR/boot-loader.efi where they
# are not this machine's own.

set -euo pipefail
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/disk-image.sh"
. "$LAB_SCRIPTS/initramfs.sh"
. "$LAB_SCRIPTS/foreign-system.sh"

out=${1:?usage: make-old-system.sh OUTDIR}
disk_id=0b0a4d01
swap_mib=32
# What makes an emulated board slow and no test the better.
SLOW_UNITS="apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer
e2scrub_reap.service fstrim.timer systemd-tmpfiles-clean.timer
systemd-networkd-wait-online.service systemd-binfmt.service
getty@tty1.service serial-getty@${KIND_CONSOLE%,*}.service"
SLOW_UNITS=${SLOW_UNITS//$'\n'/ }
packages=systemd,systemd-sysv,libpam-systemd,dbus,udev,openssh-server,busybox,util-linux,sudo,kmod,dmsetup,initramfs-tools,procps,iproute2,xz-utils

main ()
{
  lab_require_tools mmdebstrap fakeroot mkfs.ext4 mkfs.vfat mcopy syslinux sfdisk \
    ssh-keygen dropbearkey depmod readelf systemctl
  read_host_system
  lab_make_keys
  mkdir -p "$out"
  out=$(cd "$out" && pwd)
  local fingerprint
  fingerprint=$(lab_fingerprint "$LAB_SCRIPTS/make-old-system.sh" "$LAB_SCRIPTS/disk-image.sh" \
    "$LAB_SCRIPTS/initramfs.sh" "$LAB_SCRIPTS/foreign-system.sh" "$(kind_words)" \
    "$LAB_KEYS/login.pub" "$LAB_KEYS/old-host.pub" "$ID $VERSION_CODENAME")
  if lab_is_fresh "$out" "$fingerprint"; then
    lab_say "the old system is there already"
    return
  fi
  rm -f "$out/fingerprint"
  work=$(mktemp -d "$out/work.XXXXXX")
  trap 'lab_report_exit $?; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
  lab_step "old system: its configuration" write_overlay "$work/overlay"
  lab_step "old system: packages installed" install_packages
  lab_step "old system: disk made" run_as_root_or_fakeroot make_disk
  lab_mark_fresh "$out" "$fingerprint"
}

# -- The distribution -------------------------------------------------------

read_host_system ()
{
  # shellcheck disable=SC1091
  . /etc/os-release
  [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] \
    || lab_die "virtual boards are made from this machine's own packages: it must be a Debian or Ubuntu on amd64"
  local word
  for word in $KIND_KERNELS; do
    # Debian's names serve whatever descends from it.
    case $word in debian:* | "$ID":*) kernel_package=${word#*:} ;; esac
  done
}

install_packages ()
{
  local options=()
  write_apt_settings
  find_apt_sources
  if [ "$KIND_ARCH" = amd64 ]; then
    # shellcheck disable=SC2016  # $1 is mmdebstrap's to expand
    options=(--variant=minbase --include="$packages,$kernel_package"
      --essential-hook="tar-in '$work/overlay.tar' /"
      --customize-hook='chroot "$1" /root/finish-system'
      --customize-hook='rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap" "$1/root/finish-system"')
  else
    options=("${FOREIGN_OPTIONS[@]}" --include="$packages,$FOREIGN_PACKAGES,$kernel_package")
  fi
  if ! mmdebstrap "${options[@]}" --architectures="$KIND_ARCH" \
      --aptopt="$work/apt.conf" \
      --aptopt='APT::Install-Recommends "0"' \
      --dpkgopt='path-exclude=/usr/share/doc/*' \
      --dpkgopt='path-exclude=/usr/share/man/*' \
      --dpkgopt='path-exclude=/usr/share/locale/*' \
      --dpkgopt='path-exclude=/lib/modules/*/kernel/drivers/gpu/*' \
      --dpkgopt='path-exclude=/lib/modules/*/kernel/drivers/media/*' \
      --dpkgopt='path-exclude=/lib/modules/*/kernel/drivers/net/*less/*' \
      --dpkgopt='path-exclude=/lib/modules/*/kernel/sound/*' \
      "$VERSION_CODENAME" "$work/root.tar" "${apt_sources[@]}" \
      >"$out/mmdebstrap.log" 2>&1; then
    tail -n 20 "$out/mmdebstrap.log" >&2
    [ "$(id -u)" -eq 0 ] || grep -q "^$(id -un):" /etc/subuid 2>/dev/null ||
      lab_say "an ordinary user needs ids in /etc/subuid and /etc/subgid for it (or be root)" >&2
    lab_die "mmdebstrap failed; all of its output is in $out/mmdebstrap.log"
  fi
}

# What lets apt work on this machine (a proxy, a mirror with old dates) is needed
# while the system is made and stays out of it.
write_apt_settings ()
{
  (umask 077
   apt-config dump | grep -E '^Acquire::(Check-|Retries|ForceIPv4|https?::)' >"$work/apt.conf" || :)
}

find_apt_sources ()
{
  local file
  apt_sources=()
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    grep -v '^ *#' "$file" | grep -Eq "(^| )$VERSION_CODENAME( |\$)" || continue
    grep -v '^ *#' "$file" | grep -Eq '(^| )main( |$)' || continue
    apt_sources+=("$file")
  done
  [ ${#apt_sources[@]} -gt 0 ] || lab_die "no apt source of $VERSION_CODENAME in /etc/apt"
}

# -- What is put into it ----------------------------------------------------

write_overlay ()
{
  local root=$1
  mkdir -p "$root"/{etc/{ssh,sudoers.d,initramfs-tools/conf.d,systemd/network,systemd/system,systemd/journald.conf.d},root,usr/{local/sbin,share/initramfs-tools/modules.d},boot/firmware}
  write_base_settings "$root"
  write_login_settings "$root"
  write_services "$root"
  write_finish_script "$root"
  chmod 700 "$root/root"
  tar -C "$root" --owner=0 --group=0 -cf "$root.tar" .
}

write_base_settings ()
{
  local root=$1
  echo board >"$root/etc/hostname"
  echo '127.0.0.1 localhost board' >"$root/etc/hosts"
  cat >"$root/etc/fstab" <<EOF
PARTUUID=$(disk_partition_id "$disk_id" 2) /              ext4 defaults,noatime 0 0
PARTUUID=$(disk_partition_id "$disk_id" 1) /boot/firmware vfat defaults,x-systemd.device-timeout=30min 0 0
/swapfile            none           swap sw               0 0
EOF
  # "list" and not "most": the initrd must fit a board with 256 MiB of memory.
  echo 'MODULES=list' >"$root/etc/initramfs-tools/conf.d/board"
  # shellcheck disable=SC2086  # a list
  printf '%s\n' $KIND_DISK_MODULES ext4 dm-mod >"$root/usr/share/initramfs-tools/modules.d/board"
  write_mapped_root "$root"
  cat >"$root/etc/systemd/network/board.network" <<'EOF'
[Match]
Type=ether

[Network]
Address=10.0.2.15/24
Gateway=10.0.2.2
EOF
}

# With flr.root=mapped the root file system lies 4 MiB into its partition, behind
# a device as LVM makes it (make-mapped-disk.sh moves it there).
write_mapped_root ()
{
  local script=$1/etc/initramfs-tools/scripts/local-top/mapped-root
  mkdir -p "${script%/*}"
  cat >"$script" <<'EOF'
#!/bin/sh
[ "$1" != prereqs ] || exit 0
grep -q 'flr.root=mapped' /proc/cmdline || exit 0
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  [ ! -b /dev/vda2 ] || break
  sleep 1
done
sectors=$(cat /sys/class/block/vda2/size)
dmsetup create vg-root --uuid LVM-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef \
  --table "0 $((sectors - 8192)) linear /dev/vda2 8192"
dmsetup mknodes
EOF
  chmod 755 "$script"
}

write_login_settings ()
{
  local root=$1
  cp "$LAB_KEYS/login.pub" "$root/root/login.pub"
  cp "$LAB_KEYS/old-host" "$root/etc/ssh/ssh_host_ed25519_key"
  cp "$LAB_KEYS/old-host.pub" "$root/etc/ssh/ssh_host_ed25519_key.pub"
  chmod 600 "$root/etc/ssh/ssh_host_ed25519_key"
  mkdir -p "$root/etc/ssh/sshd_config.d"
  cat >"$root/etc/ssh/sshd_config.d/board.conf" <<'EOF'
UseDNS no
PermitRootLogin prohibit-password
EOF
  echo 'pi ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/pi"
  chmod 440 "$root/etc/sudoers.d/pi"
}

write_services ()
{
  local root=$1 name
  for name in marine-demo container-demo; do
    cat >"$root/etc/systemd/system/$name.service" <<EOF
[Unit]
Description=$name: something that is stopped before a flash

[Service]
ExecStart=/bin/sleep infinity

[Install]
WantedBy=multi-user.target
EOF
  done
  cat >"$root/etc/systemd/system/old-root-writer.service" <<'EOF'
[Unit]
Description=Keeps writing and syncing to the root file system, whatever happens
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/old-root-writer
Restart=always
RestartSec=1
Nice=10
EOF
  cat >"$root/usr/local/sbin/old-root-writer" <<'EOF'
#!/bin/bash
# Appends to and syncs files on the root file system every few milliseconds, and
# makes and removes some, so that data, metadata and the journal are written all
# the time.  It never gives up: what fails is tried again, from the root that is
# perhaps gone, because that is what the programs of a real board do.
dir=/var/lib/old-root-writer
coproc never { exec sleep infinity; }
pause () { read -r -t "$1" <&"${never[0]}"; }
mkdir -p "$dir"
round=0
while :; do
  round=$(( (round + 1) % 1000 ))
  for file in a b c d; do
    dd if=/dev/urandom of="$dir/$file" bs=4k count=20 oflag=append,dsync conv=notrunc 2>/dev/null \
      || pause 0.2
    { echo "round $round" >>"$dir/log"; } 2>/dev/null
    pause 0.005
  done
  if [ $((round % 10)) -eq 0 ]; then
    mkdir "$dir/new" 2>/dev/null
    rm -rf "$dir/new" "$dir"/[abcd] 2>/dev/null
  fi
done
EOF
  chmod 755 "$root/usr/local/sbin/old-root-writer"
}

# Runs inside the new root, after the packages.
write_finish_script ()
{
  local root=$1
  sed "s/SLOW_UNITS/$SLOW_UNITS/" >"$root/root/finish-system" <<'EOF'
#!/bin/sh
set -e
useradd --create-home --shell /bin/bash pi
for user in root pi; do
  home=$(getent passwd "$user" | cut -d: -f6)
  install -d -m 700 -o "$user" -g "$user" "$home/.ssh"
  install -m 600 -o "$user" -g "$user" /root/login.pub "$home/.ssh/authorized_keys"
done
rm /root/login.pub
rm -f /etc/ssh/ssh_host_rsa_key* /etc/ssh/ssh_host_ecdsa_key*
systemctl enable ssh systemd-networkd marine-demo container-demo
systemctl mask SLOW_UNITS
echo 'uninitialized' >/etc/machine-id
systemd-machine-id-setup
EOF
  chmod 755 "$root/root/finish-system"
}

# -- The disk ---------------------------------------------------------------

# Owners and device nodes of the unpacked tree need root, or fakeroot for the
# unpacking and mkfs together.
run_as_root_or_fakeroot ()
{
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    export out work disk_id swap_mib SLOW_UNITS
    # shellcheck disable=SC2016  # expanded by the inner shell
    BOARD_LAB_DIR=$BOARD_LAB_DIR BOARD_KIND=$BOARD_KIND fakeroot bash -euo pipefail -c '
      . "$1/lab.sh"; . "$1/disk-image.sh"; . "$1/initramfs.sh"; . "$1/foreign-system.sh"
      eval "$2"; make_disk
    ' make-old-system "$LAB_SCRIPTS" "$(declare -f make_disk write_boot_files make_swap_file)"
  fi
}

make_disk ()
{
  local root=$work/root size p1_start p1_size p2_start
  read -r size p1_start p1_size p2_start <<<"$KIND_OLD_LAYOUT"
  mkdir "$root"
  tar -C "$root" -xf "$work/root.tar"
  [ "$KIND_ARCH" = amd64 ] || foreign_configure "$root" "$work/overlay.tar"
  write_boot_files "$root"
  make_swap_file "$root/swapfile"
  disk_create "$work/old.img" "$disk_id" "$size" "$p1_start" "$p1_size" "$p2_start"
  disk_fill_fat "$work/old.img" "$p1_start" "$p1_size" "$disk_id" "$work/boot"
  # A small journal near the front: a write of the old system that should not
  # have been lands inside the image that was flashed, where it is seen.
  disk_fill_ext4 "$work/old.img" "$p2_start" "$size" "$root" \
    -N 50000 -J size=8,location=8M -L board-old
  mv "$work/old.img" "$out/old.img"
}

write_boot_files ()
{
  local root=$1 boot=$work/boot version
  version=$(basename "$(echo "$root"/boot/vmlinuz-*)" | sed s/vmlinuz-//)
  mkdir "$boot"
  cp "$root/boot/vmlinuz-$version" "$boot/vmlinuz"
  rm -rf "${out:?}/lib" "${out:?}/programs"
  if [ "$KIND_ARCH" != amd64 ]; then
    foreign_make_initramfs "$root" "$version" "$boot/initrd.img"
    foreign_keep_programs "$root" "$out"
  else
    cp "$root/boot/initrd.img-$version" "$boot/initrd.img"
  fi
  echo "root=PARTUUID=$(disk_partition_id "$disk_id" 2) ro $KIND_COMMAND_LINE flr.board=old" >"$boot/cmdline.txt"
  disk_write_loader_files "$boot" "$out/boot-loader.efi" "$(cat "$boot/cmdline.txt")"
  mkdir -p "$out/lib/modules"
  cp "$boot/vmlinuz" "$out/vmlinuz"
  cp -r "$root/lib/modules/$version" "$out/lib/modules/$version"
}

# Not a hole in it: swapon refuses those, and mkfs makes holes of zeroes.
make_swap_file ()
{
  tr '\0' '\377' </dev/zero | head -c "${swap_mib}M" >"$1" || :
  chmod 600 "$1"
  mkswap "$1" >/dev/null
}

main
