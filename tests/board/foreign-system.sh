# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The old system of a board of another architecture: Debian's packages for it are
# unpacked, and what their installation scripts would do is done here, by this
# machine's own tools.  Running the scripts under emulation would take much longer,
# and would have to tell this machine's kernel about the emulator.
# Sourced by make-old-system.sh, after lab.sh and initramfs.sh.

# The packages that every system has come by themselves only when they are
# installed, not when they are unpacked.
FOREIGN_PACKAGES=base-files,base-passwd,bash,coreutils,dash,findutils,grep,gzip,hostname,libc-bin,libpam-modules,libpam-runtime,login,mawk,mount,passwd,sed,dropbear-bin,systemd-boot-efi
FOREIGN_OPTIONS=(--variant=extract --mode=chrootless --skip=check/qemu
  --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr)

# foreign_configure ROOT OVERLAY_TAR: as root or under fakeroot.
foreign_configure ()
{
  local root=$1
  write_default_files "$root"
  tar -C "$root" -xf "$2"
  rm "$root/root/finish-system"
  write_accounts "$root"
  write_login_rules "$root"
  enable_services "$root"
  depmod -b "$root" "$(basename "$(echo "$root"/lib/modules/*)")"
}

# What packages carry as a model of a file in /etc.
write_default_files ()
{
  local root=$1
  cp "$root/usr/share/base-files/profile" "$root/etc/profile"
  cp "$root/usr/share/libc-bin/nsswitch.conf" "$root/etc/nsswitch.conf"
  cp "$root/usr/share/openssh/sshd_config" "$root/etc/ssh/sshd_config"
  ln -sf mawk "$root/usr/bin/awk"
  ln -sf /run "$root/var/run"
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
}

write_accounts ()
{
  local root=$1 name home
  sed 's/:\*:/:x:/' "$root/usr/share/base-passwd/passwd.master" >"$root/etc/passwd"
  sed 's/:\*:/:x:/' "$root/usr/share/base-passwd/group.master" >"$root/etc/group"
  add_account "$root" 101 messagebus /nonexistent /usr/sbin/nologin
  add_account "$root" 102 systemd-network / /usr/sbin/nologin
  add_account "$root" 103 sshd /run/sshd /usr/sbin/nologin
  add_account "$root" 1000 pi /home/pi /bin/bash
  cut -d: -f1 "$root/etc/passwd" | sed 's/$/:*:19000:0:99999:7:::/' >"$root/etc/shadow"
  chmod 640 "$root/etc/shadow"
  chown 0:42 "$root/etc/shadow"
  for name in 0:root 1000:home/pi; do
    home=$root/${name#*:}
    install -d -m 700 -o "${name%:*}" -g "${name%:*}" "$home" "$home/.ssh"
    install -m 600 -o "${name%:*}" -g "${name%:*}" "$root/root/login.pub" "$home/.ssh/authorized_keys"
  done
  rm "$root/root/login.pub"
}

add_account ()          # ROOT ID NAME HOME SHELL
{
  echo "$3:x:$2:$2::$4:$5" >>"$1/etc/passwd"
  echo "$3:x:$2:" >>"$1/etc/group"
}

write_login_rules ()
{
  local folder=$1/etc/pam.d kind
  for kind in auth account password session; do
    echo "$kind required pam_unix.so" >"$folder/common-$kind"
  done
  cp "$folder/common-session" "$folder/common-session-noninteractive"
  echo 'session optional pam_systemd.so' >>"$folder/common-session"
}

# The same as in the script that runs inside of a system of this architecture.
# Where there is a script of sysvinit too, systemctl would run a program of ROOT.
enable_services ()
{
  rm -r "$1/etc/init.d"
  systemctl --quiet --root="$1" enable ssh systemd-networkd marine-demo container-demo
  # shellcheck disable=SC2086  # a list
  systemctl --quiet --root="$1" mask $SLOW_UNITS
}

# foreign_make_initramfs ROOT VERSION FILE
foreign_make_initramfs ()
{
  local tree=$work/initramfs
  mkdir -p "$tree"/{dev,proc,sys,root}
  initramfs_add_program busybox "$1" "$tree"
  ln -s busybox "$tree/bin/sh"
  # shellcheck disable=SC2086  # a list
  initramfs_add_modules "$1/lib/modules/$2" "$tree" $KIND_DISK_MODULES crc32c_generic ext4
  cat >"$tree/init" <<EOI
#!/bin/sh
busybox mount -t devtmpfs none /dev
busybox mount -t proc none /proc
busybox mount -t sysfs none /sys
busybox modprobe -a $KIND_DISK_MODULES crc32c_generic ext4
until busybox mount -t ext4 -o ro $KIND_ROOT /root; do busybox sleep 0.5; done
busybox mount --move /dev /root/dev
busybox umount /sys /proc
exec busybox switch_root /root /sbin/init
EOI
  chmod 755 "$tree/init"
  initramfs_pack "$tree" "$3"
}

# foreign_keep_programs ROOT OUT: what the new system is made from.
foreign_keep_programs ()
{
  initramfs_add_program busybox "$1" "$2/programs"
  initramfs_add_program dropbear "$1" "$2/programs"
  cp "$1"/usr/lib/systemd/boot/efi/systemd-boot*.efi "$2/boot-loader.efi"
}
