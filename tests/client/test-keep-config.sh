#!/bin/sh
# SPDX-License-Identifier: MIT
# --keep and --config in one flash: both come onto the disk, by one patch, in both modes.
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
make_pi_image "$scratch/pi.img"
make_new_system
rm "$scratch/ext4"
mkfs.ext4 -q -F -d "$tree" "$scratch/root.img" 8M
dd if="$scratch/root.img" of="$scratch/pi.img" bs=1M seek=35 conv=notrunc status=none

for mode in --ramfs --stream; do
  write_config
  fill_target
  watch_patch
  flash_target $mode --config "$scratch/config" --keep ssh-host-keys,hostname,machine-id \
    "pi@$board_name" "$scratch/pi.img"
  expect_status 0
  expect_says 'config  user anna' ' hostname: /etc/hostname$'
  wait "$watcher"
  expect_patched "$scratch/pi.img"
  expect_pi
  take_new_root "$board_target_file" 35
  [ "$(kept /etc/hostname)" = kitchen-pi ] || fail "hostname"
  [ "$(kept /etc/machine-id)" = 0123456789abcdef0123456789abcdef ] || fail "machine-id"
  kept /etc/ssh/ssh_host_ed25519_key |
    cmp - "$board_dir/etc/ssh/ssh_host_ed25519_key" || fail "another host key"
  expect_clean
done
