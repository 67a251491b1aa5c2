#!/bin/sh
# SPDX-License-Identifier: MIT
# --config: what is wrong with the file, or has no place in the image, ends before the board is asked.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/first-boot-images.sh
. "$(dirname "$0")/first-boot-images.sh"

image_requirements
start_board
fill_target
remember_target
make_pi_image "$scratch/pi.img"

# refused STATUS REGEX... for --config $scratch/config and $image, which is not asked for.
image=$scratch/pi.img
refused ()
{
  wanted=$1
  shift
  flash_target --config "$scratch/config" "root@$board_name" "$image"
  expect_status "$wanted"
  expect_says "$@"
  ! said 'probing|keep the rain out|a "secret"' || fail "it went on, or told a secret"
}

# The file.
printf 'hostnme=x\n' >"$scratch/config"
refused 2 'config, line 1: an unknown key; did you mean hostname\?'
write_config 'hostname=a.b'
refused 2 'config, line 7: hostname=a.b: .*without a domain'
write_config 'hostname='
refused 2 'line 7: hostname has no value'
head -c 70000 /dev/zero | tr '\0' '#' >"$scratch/config"
refused 2 'larger than 64 KiB'
rm "$scratch/config"
refused 2 'config: No such file'
write_config 'hostname=x'
chmod 644 "$scratch/config"
flash_target --dry-run --config "$scratch/config" "root@$board_name" "$image"
expect_status 0
expect_says 'warning: .*config has a password in it, and others can read it'
chmod 600 "$scratch/config"
flash --confirm 2 --dry-run --config "$scratch/config" "root@$board_name" root@other "$image"
expect_status 2
expect_says 'boards cannot all be called x'
flash_target --keep hostname --config "$scratch/config" "root@$board_name" "$image"
expect_status 2
expect_says '--keep hostname and a hostname in the file of --config exclude each other'
flash_target --keep network --config "$scratch/config" "root@$board_name" "$image"
expect_status 2
expect_says '--keep network and a wifi-ssid in the file of --config exclude each other'
flash status --config "$scratch/config" "root@$board_name"
expect_status 2
expect_says '--config does not go with the command status'

# The image.
make_image "$scratch/none.img" 8
image=$scratch/none.img
refused 3 'no place for the settings' 'cmdline.txt' 'CIDATA' 'nothing was written'
make_boot_image "$scratch/efi.img" EFI <<END
bootx64.efi program
END
image=$scratch/efi.img
refused 3 'no place for the settings' 'of its 2 partitions 1 have a FAT'
make_boot_image "$scratch/prepared.img" BOOTFS <<END
config.txt x
cmdline.txt root=/dev/mmcblk0p2 systemd.run=/boot/firstrun.sh
END
image=$scratch/prepared.img
refused 3 'a first boot of its own'
make_boot_image "$scratch/lines.img" BOOTFS <<END
config.txt x
cmdline.txt
END
image=$scratch/lines.img
refused 3 'cmdline.txt .* is not one line'
long=$(head -c 640 /dev/zero | tr '\0' x)
make_boot_image "$scratch/long.img" BOOTFS <<END
config.txt x
cmdline.txt $long
END
image=$scratch/long.img
refused 3 'cmdline.txt .* longer than 670'

# A FAT that is nothing but a boot sector.
make_pi_image "$scratch/torn.img"
dd if=/dev/urandom of="$scratch/torn.img" bs=512 seek=2049 count=60000 conv=notrunc status=none
image=$scratch/torn.img
refused 3 'boot partition cannot be read|no place for the settings'

# mtools is missing.
mkdir "$scratch/bin"
ln -s "$(command -v nbdkit)" "$scratch/bin/"
image=$scratch/pi.img
PATH=$scratch/bin "$client" -F "$board_ssh_config" --device "$board_target" \
  --confirm "$board_name" --config "$scratch/config" "root@$board_name" "$image" \
  >"$scratch/stdout" 2>"$scratch/said" </dev/null && fail "it worked without mtools"
expect_says 'mtools is not installed' 'apt install mtools' 'nothing was written'

# Nothing is left of the copy of the boot partition.
mkdir "$scratch/tmp"
TMPDIR=$scratch/tmp flash_target --dry-run --config "$scratch/config" \
  "root@$board_name" "$image"
expect_status 0
expect_says 'config  hostname x, user anna with password and 1 ssh key, WiFi "shed" \(DE\)'
[ -z "$(ls -A "$scratch/tmp")" ] || fail "left behind: $(ls -A "$scratch/tmp")"
expect_untouched
