# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the tests of --keep share; sourced after flash-test.sh and before start_board: a
# board that has what can be kept, and an image with a root file system.

keep_requirements ()
{
  requires mkfs.ext4 -V
  requires debugfs -V
  requires python3 --version
  grep -q '^#define HAVE_EXT2FS 1' "$top_builddir/config.h" ||
    skip "built without libext2fs"
}

# What the board has, in its /etc and the homes of its users.
furnish_board ()
{
  rm -f "$board_dir"/etc/ssh/ssh_host_* "$board_dir/etc/machine-id"
  rm -rf "$board_dir/etc/netplan" "$board_dir/etc/network" "$board_dir/etc/config" \
    "$board_dir/etc/wpa_supplicant"
  mkdir -p "$board_dir/etc/ssh"
  cp "$board_dir/host_key" "$board_dir/etc/ssh/ssh_host_ed25519_key"
  cp "$board_dir/host_key.pub" "$board_dir/etc/ssh/ssh_host_ed25519_key.pub"
  echo kitchen-pi >"$board_dir/etc/hostname"
  printf '127.0.0.1\tlocalhost\n127.0.1.1\tkitchen-pi.lan kitchen-pi\n' \
    >"$board_dir/etc/hosts"
  echo 0123456789abcdef0123456789abcdef >"$board_dir/etc/machine-id"
  mkdir -p "$board_dir/home-pi/.ssh"
  printf 'ssh-ed25519 AAAA-of-the-board me\nssh-ed25519 AAAA-of-both me\n' \
    >"$board_dir/home-pi/.ssh/authorized_keys"
}

# make_new_system: the folder $tree, which is to become the new root file system.
make_new_system ()
{
  tree=$scratch/tree
  rm -rf "$tree"
  mkdir -p "$tree/etc/ssh" "$tree/etc/systemd" "$tree/usr/sbin" "$tree/usr/lib/systemd" \
    "$tree/home/pi/.ssh" "$tree/root" "$tree/var/lib/dbus"
  ln -s usr/lib "$tree/lib"
  ln -s usr/sbin "$tree/sbin"
  : >"$tree/usr/sbin/sshd"
  : >"$tree/usr/lib/systemd/systemd"
  echo raspberrypi >"$tree/etc/hostname"
  printf '127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.1.1\traspberrypi\n' \
    >"$tree/etc/hosts"
  printf 'root:x:0:0::/root:/bin/sh\npi:x:1000:1001::/home/pi:/bin/sh\n' \
    >"$tree/etc/passwd"
  printf 'root:x:0:\npi:x:1001:\nsystemd-network:x:102:\n' >"$tree/etc/group"
  echo 'ssh-ed25519 AAAA-of-both me' >"$tree/home/pi/.ssh/authorized_keys"
  ln -s /etc/machine-id "$tree/var/lib/dbus/machine-id"
  : >"$tree/etc/machine-id"
}

# make_new_image FILE [MEGABYTES]: a disk with $tree in its second partition.
make_new_image ()
{
  size=${2:-24}
  rm -f "$1" "$scratch/root.img"
  mkfs.ext4 -q -F -d "$tree" "$scratch/root.img" $((size - 8))M
  truncate -s "${size}M" "$1"
  printf '2048,4096,c\n8192,%d,L\n' $(((size - 8) * 2048)) | /sbin/sfdisk -q "$1"
  dd if=/dev/urandom of="$1" bs=1M seek=1 count=2 conv=notrunc status=none
  dd if="$scratch/root.img" of="$1" bs=1M seek=4 conv=notrunc,sparse status=none
}

# take_new_root FILE [MEGABYTES]: the root file system of a disk, which begins there,
# comes to $scratch/flashed.
take_new_root ()
{
  tail -c +$((${2:-4} * 1048576 + 1)) "$1" | head -c "$(stat -c %s "$scratch/root.img")" \
    >"$scratch/flashed"
  e2fsck -fn "$scratch/flashed" >"$scratch/fsck" 2>&1 || {
    cat "$scratch/fsck" >&2
    fail "e2fsck is not content"
  }
}

# kept PATH: its content in the new root file system.
kept ()
{
  debugfs -R "cat \"$1\"" "$scratch/flashed" 2>/dev/null
}

# expect_mode PATH MODE USER GROUP
expect_mode ()
{
  debugfs -R "stat \"$1\"" "$scratch/flashed" 2>/dev/null >"$scratch/stat"
  grep -Eq "Mode: +0$2 " "$scratch/stat" &&
    grep -Eq "User: +$3 +Group: +$4 " "$scratch/stat" || {
    cat "$scratch/stat" >&2
    fail "$1 is not of mode $2, user $3, group $4"
  }
}

# expect_patched IMAGE: the target has the image with the patch, which is taken from
# the RAM root by watch_patch, byte for byte, and nothing else.
expect_patched ()
{
  cp "$1" "$scratch/expected.img"
  python3 "$top_srcdir/tests/apply-patch.py" "$scratch/patch" "$scratch/expected.img"
  ! cmp -s "$1" "$scratch/expected.img" || fail "the patch changes nothing"
  expect_flashed "$scratch/expected.img"
  expect_rest_untouched "$1"
}

# Take the patch from the board as soon as its session runs.
watch_patch ()
{
  rm -f "$scratch/patch"
  (until board_run test ! -e /run/flash-live-remote/deploying -a \
     -s /run/flash-live-remote/patch; do sleep 0.05; done
   board_run cat /run/flash-live-remote/patch >"$scratch/patch.new"
   mv "$scratch/patch.new" "$scratch/patch") 2>/dev/null &
  watcher=$!
  cleanup_process $watcher
}
