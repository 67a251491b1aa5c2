# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Small images like those that people flash, for --config.  Sourced by the tests after
# tests/client/flash-test.sh.  The boot partition begins at 1 MiB.

# The configuration of mtools is not the person's.
export MTOOLSRC=/dev/null MTOOLS_SKIP_CHECK=1

image_requirements ()
{
  requires mcopy --version
  requires mkfs.vfat --help
  requires mke2fs -V
}

# make_boot_image FILE LABEL: a FAT partition of 34 MiB, filled from standard input: a
# NAME a line with its content behind a blank; an ext4 one of 8 MiB behind it.
make_boot_image ()
{
  rm -f "$1" "$scratch/fat" "$scratch/ext4"
  truncate -s 34M "$scratch/fat"
  mkfs.vfat -F 32 -s 1 -n "$2" "$scratch/fat" >/dev/null
  while read -r name content; do
    printf '%s\n' "$content" | mcopy -i "$scratch/fat" - "::/$name"
  done
  # Deleted files leave their bytes in what is free.
  head -c 3000000 /dev/urandom | mcopy -i "$scratch/fat" - ::/deleted
  mdel -i "$scratch/fat" ::/deleted
  truncate -s 8M "$scratch/ext4"
  mke2fs -q -F -t ext4 -L rootfs "$scratch/ext4"
  truncate -s 48M "$1"
  printf '2048,69632,c\n71680,16384,L\n' | /sbin/sfdisk -q "$1"
  dd if="$scratch/fat" of="$1" bs=1M seek=1 conv=notrunc,sparse status=none
  dd if="$scratch/ext4" of="$1" bs=1M seek=35 conv=notrunc,sparse status=none
}

pi_cmdline='console=serial0,115200 root=PARTUUID=1-02 rootfstype=ext4 rootwait quiet'

make_pi_image ()
{
  make_boot_image "$1" BOOTFS <<END
cmdline.txt $pi_cmdline
config.txt dtparam=audio=on
start4.elf firmware
overlays.txt nothing
END
}

# As Ubuntu makes them.
make_cloud_image ()
{
  make_boot_image "$1" SYSTEM-BOOT <<END
cmdline.txt $pi_cmdline
config.txt [all]
user-data #cloud-config
meta-data instance_id: cloud-image
network-config version: 2
END
}

# boot_file IMAGE NAME: its content.
boot_file ()
{
  mcopy -i "$1@@1M" "::/$2" -
}

# expect_sound_fat IMAGE: fsck.vfat finds nothing in the boot partition.
expect_sound_fat ()
{
  dd if="$1" of="$scratch/fat" bs=1M skip=1 count=34 status=none
  /sbin/fsck.vfat -n "$scratch/fat" >"$scratch/fsck" 2>&1 || {
    cat "$scratch/fsck" >&2
    fail "the boot partition is damaged"
  }
}

# write_config [LINES]: a file of --config, and those LINES besides.
write_config ()
{
  (umask 077 && cat >"$scratch/config" <<END
user=anna
password=it's a "secret"
ssh-key=@$scratch/home/.ssh/id_ed25519.pub
wifi-ssid=shed
wifi-password=keep the rain out
wifi-country=DE
$*
END
  )
}

# expect_pi: what a Raspberry Pi would find on the target.
expect_pi ()
{
  expect_sound_fat "$board_target_file"
  boot_file "$board_target_file" firstrun.sh >"$scratch/firstrun.sh"
  dash -n "$scratch/firstrun.sh" || fail "firstrun.sh is no shell script"
  grep -qx "user='anna'" "$scratch/firstrun.sh" || fail "no user in firstrun.sh"
  ! grep -e 'keep the rain' -e 'a "secret"' "$scratch/firstrun.sh" ||
    fail "a plain password on the disk"
  boot_file "$board_target_file" cmdline.txt >"$scratch/cmdline"
  grep -q "^$pi_cmdline systemd.run=.*firstrun.sh.*systemd.unit=" "$scratch/cmdline" ||
    fail "cmdline.txt: $(cat "$scratch/cmdline")"
  [ "$(boot_file "$board_target_file" config.txt)" = dtparam=audio=on ] ||
    fail "config.txt changed"
}
