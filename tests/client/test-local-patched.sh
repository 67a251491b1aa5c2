#!/bin/sh
# SPDX-License-Identifier: MIT
# --local with --keep, --config and --busybox at once: the image that stays where it lies is not touched, and the disk has it with all that was asked for.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/keep-test.sh
. "$(dirname "$0")/keep-test.sh"
# shellcheck source=tests/client/first-boot-images.sh
. "$(dirname "$0")/first-boot-images.sh"

keep_requirements
image_requirements
start_board
furnish_board
own_name=$(hostname)
busybox=$top_builddir/helper/deployed/busybox-$(uname -m)
[ -e "$busybox" ] || skip "there is no static busybox for this machine"

make_new_system
make_pi_image "$scratch/new.img"
mkfs.ext4 -q -F -d "$tree" "$scratch/root.img" 8M
dd if="$scratch/root.img" of="$scratch/new.img" bs=1M seek=35 conv=notrunc status=none
xz -k -T2 --block-size=2MiB "$scratch/new.img"
printf 'user=anna\npassword=keep the rain out\n' >"$scratch/config"
chmod 600 "$scratch/config"

for mode in --ramfs --stream; do
  echo "$mode"
  fill_target
  image_before=$(sha256sum "$scratch/new.img.xz")
  watch_patch
  local_flash --device "$board_target" --confirm "$own_name" $mode \
    --keep ssh-host-keys,hostname --config "$scratch/config" --busybox "$busybox" \
    "$scratch/new.img.xz"
  expect_status 0
  wait "$watcher"
  expect_patched "$scratch/new.img"
  dd if="$board_target_file" of="$scratch/flashed" bs=1M skip=35 count=8 status=none
  e2fsck -fn "$scratch/flashed" >"$scratch/fsck" 2>&1 || fail "$(cat "$scratch/fsck")"
  [ "$(kept /etc/hostname)" = kitchen-pi ] || fail "the name is not kept"
  kept /etc/ssh/ssh_host_ed25519_key | cmp - "$board_dir/host_key" ||
    fail "the host key is not kept"
  mcopy -n -i "$board_target_file@@1M" ::/cmdline.txt "$scratch/cmdline"
  grep -q 'systemd.run=' "$scratch/cmdline" || fail "nothing is done at the first boot"
  rm "$scratch/cmdline"
  [ "$image_before" = "$(sha256sum "$scratch/new.img.xz")" ] ||
    fail "the image was touched"
  expect_clean
done
