#!/bin/sh
# SPDX-License-Identifier: MIT
# --keep: what the board does not have, and what has no place in the new system, is refused
# by name, with nothing written.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/keep-test.sh
. "$(dirname "$0")/keep-test.sh"

keep_requirements
start_board
remember_target

# refused KEEP REGEX: with the image and the board as they are now.
refused ()
{
  flash_target --keep "$1" "pi@$board_name" "$scratch/new.img"
  expect_status 3
  expect_says "$2" "nothing was written"
  expect_untouched
}

anew ()
{
  furnish_board
  make_new_system
}

echo "the new system"
anew
rm "$tree/usr/sbin/sshd"
make_new_image "$scratch/new.img"
refused ssh-host-keys "keep ssh-host-keys: .*openssh.*no sshd"
: >"$tree/usr/sbin/dropbear"
make_new_image "$scratch/new.img"
refused ssh-host-keys "keep ssh-host-keys: .*openssh.*has dropbear"
anew
rm "$tree/etc/hostname"
rm -r "$tree/usr/lib/systemd"
make_new_image "$scratch/new.img"
refused hostname "keep hostname: the new system has no /etc/hostname"
mkdir "$tree/etc/config"
: >"$tree/etc/config/system"
make_new_image "$scratch/new.img"
refused hostname "keep hostname: the new system keeps its name in /etc/config/system"
anew
sed -i /pi:/d "$tree/etc/passwd"
make_new_image "$scratch/new.img"
refused authorized-keys "keep authorized-keys: the new system has no user pi"
anew
rm -r "$tree/home/pi"
make_new_image "$scratch/new.img"
refused authorized-keys "user pi has no home directory in the new system: .* /home/pi"
rm "$tree/etc/passwd"
make_new_image "$scratch/new.img"
refused machine-id "/etc/passwd: it cannot be read"
anew
make_new_image "$scratch/new.img"
dd if=/dev/zero of="$scratch/new.img" bs=1M seek=4 count=1 conv=notrunc status=none
refused hostname "no ext4 root file system"

echo "the board"
anew
make_new_image "$scratch/new.img"
ssh-keygen -q -t ed25519 -N '' -f "$scratch/another_key"
cp "$scratch/another_key.pub" "$board_dir/etc/ssh/ssh_host_ed25519_key.pub"
refused ssh-host-keys "the key that the board shows .SHA256:.* is not among"
rm "$board_dir"/etc/ssh/ssh_host_*
refused ssh-host-keys "the board has none in /etc/ssh"
rm "$board_dir/etc/hostname"
refused hostname "the board has no name"
echo '; rm -rf /' >"$board_dir/etc/hostname"
refused hostname "the board has no name"
mkdir "$board_dir/etc/config"
: >"$board_dir/etc/config/system"
: >"$board_dir/etc/config/network"
refused hostname "this board keeps its name in /etc/config/system"
refused network "this board keeps its network in /etc/config/network"
echo uninitialized >"$board_dir/etc/machine-id"
refused machine-id "the board has none"
rm -r "$board_dir/home-pi/.ssh"
refused authorized-keys "neither the login user nor root"
anew
head -c 40000 /dev/zero | tr '\0' 'k' >"$board_dir/home-pi/.ssh/authorized_keys"
refused authorized-keys "more than 30000 bytes"
