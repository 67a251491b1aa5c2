#!/bin/sh
# SPDX-License-Identifier: MIT
# --keep by a user who becomes root by sudo with a password, or by doas: what only root can read is kept, and the password is no part of it.
set -eu
# shellcheck source=tests/client/privilege-test.sh
. "$(dirname "$0")/privilege-test.sh"
# shellcheck source=tests/client/keep-test.sh
. "$(dirname "$0")/keep-test.sh"

keep_requirements
requires expect -v
requires command -v doas
start_board
furnish_board
make_new_system
make_new_image "$scratch/new.img"
chmod 600 "$board_dir/etc/ssh/ssh_host_ed25519_key"

expect_kept ()
{
  expect_status 0
  take_new_root "$board_target_file"
  kept /etc/ssh/ssh_host_ed25519_key |
    cmp - "$board_dir/etc/ssh/ssh_host_ed25519_key" || fail "another host key"
  [ "$(kept /etc/hostname)" = kitchen-pi ] || fail "hostname"
  kept /home/pi/.ssh/authorized_keys >"$scratch/kept"
  grep -q AAAA-of-the-board "$scratch/kept" || fail "pi's keys are not kept"
  expect_clean
}

what=ssh-host-keys,hostname,authorized-keys
give_password
sudoers_of 'pi ALL=(ALL) ALL'
for mode in --ramfs --stream; do
  echo "# sudo with a password, $mode"
  fill_target
  watch_patch
  flash_on_terminal "$password" "$client" -F "$board_ssh_config" \
    --device "$board_target" --confirm "$board_name" $mode --keep "$what" \
    "pi@$board_name" "$scratch/new.img"
  expect_kept
  expect_secret
  wait "$watcher"
  expect_patched "$scratch/new.img"
  ! grep -qaF "$password" "$scratch/patch" || fail "the password is in the patch"
done

echo "# doas"
sudoers_of
printf 'permit nopass pi as root\n' >"$board_dir/etc/doas.conf"
chmod 400 "$board_dir/etc/doas.conf"
fill_target
flash_target --keep "$what" "pi@$board_name" "$scratch/new.img"
expect_kept
