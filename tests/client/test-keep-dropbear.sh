#!/bin/sh
# SPDX-License-Identifier: MIT
# --keep ssh-host-keys where the login came through dropbear: its keys come into a new system that has dropbear, and into no other.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/keep-test.sh
. "$(dirname "$0")/keep-test.sh"
# shellcheck source=tests/client/dropbear-board.sh
. "$(dirname "$0")/dropbear-board.sh"

keep_requirements
start_board
prepare_dropbear
furnish_board
rm -rf "$board_dir/etc/dropbear"
mkdir "$board_dir/etc/dropbear"
cp "$board_dir/dropbear_key" "$board_dir/etc/dropbear/dropbear_ed25519_host_key"
run_dropbear

make_new_system
make_new_image "$scratch/new.img"
remember_target
flash_target --keep ssh-host-keys "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "keep ssh-host-keys: .*dropbear's.*has OpenSSH" "nothing was written"
expect_untouched

rm "$tree/usr/sbin/sshd"
: >"$tree/usr/sbin/dropbear"
make_new_image "$scratch/new.img"
for mode in --ramfs --stream; do
  fill_target
  watch_patch
  flash_target $mode --keep ssh-host-keys "root@$board_name" "$scratch/new.img"
  expect_status 0
  expect_says ' ssh-host-keys: /etc/dropbear/dropbear_ed25519_host_key$'
  ! said '/etc/ssh/' || fail "OpenSSH's keys are kept, too"
  wait "$watcher"
  expect_patched "$scratch/new.img"
  take_new_root "$board_target_file"
  kept /etc/dropbear/dropbear_ed25519_host_key | cmp - "$board_dir/dropbear_key" ||
    fail "another key"
  expect_mode /etc/dropbear 755 0 0
  expect_mode /etc/dropbear/dropbear_ed25519_host_key 600 0 0
  expect_clean
done
