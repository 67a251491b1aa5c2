#!/bin/sh
# SPDX-License-Identifier: MIT
# --keep: the board's host keys, name, authorized keys and machine-id come into the new
# root file system; the plan lists them; the disk is the image and the patch, byte for byte.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/keep-test.sh
. "$(dirname "$0")/keep-test.sh"
# shellcheck source=tests/client/json-test.sh
. "$(dirname "$0")/json-test.sh"

keep_requirements
requires jq --version
start_board
furnish_board
make_new_system
make_new_image "$scratch/new.img"
xz -k -T2 --block-size=2MiB "$scratch/new.img"
all=ssh-host-keys,hostname,authorized-keys,machine-id

check_new_root ()
{
  take_new_root "$board_target_file"
  for key in ssh_host_ed25519_key ssh_host_ed25519_key.pub; do
    kept "/etc/ssh/$key" | cmp - "$board_dir/etc/ssh/$key" || fail "$key"
  done
  expect_mode /etc/ssh/ssh_host_ed25519_key 600 0 0
  expect_mode /etc/ssh/ssh_host_ed25519_key.pub 644 0 0
  [ "$(kept /etc/hostname)" = kitchen-pi ] || fail "hostname"
  [ "$(kept /etc/hosts | tr '\t\n' '  ')" = \
    '127.0.0.1 localhost ::1 localhost 127.0.1.1 kitchen-pi.lan kitchen-pi ' ] ||
    fail "hosts: $(kept /etc/hosts)"
  [ "$(kept /etc/machine-id)" = 0123456789abcdef0123456789abcdef ] || fail "machine-id"
  expect_mode /etc/machine-id 444 0 0
  kept /home/pi/.ssh/authorized_keys >"$scratch/keys"
  printf 'ssh-ed25519 AAAA-of-both me\nssh-ed25519 AAAA-of-the-board me\n' |
    cmp - "$scratch/keys" || fail "authorized keys: $(cat "$scratch/keys")"
  expect_mode /home/pi/.ssh 700 1000 1001
  expect_mode /home/pi/.ssh/authorized_keys 600 1000 1001
}

for mode in --ramfs --stream; do
  for image in new.img new.img.xz; do
    echo "$mode $image"
    fill_target
    watch_patch
    flash_target $mode --keep "$all" "pi@$board_name" "$scratch/$image"
    expect_status 0
    wait "$watcher"
    expect_patched "$scratch/new.img"
    check_new_root
    expect_clean
    cp "$scratch/patch" "$scratch/patch-$mode-$image"
    cmp "$scratch/patch" "$scratch/patch---ramfs-new.img" ||
      fail "the same inputs made another patch"
  done
done
expect_says 'changed ssh-host-keys: /etc/ssh/ssh_host_ed25519_key$' \
  'hostname: /etc/hostname$' 'hostname: /etc/hosts$' \
  'authorized-keys: /home/pi/.ssh/authorized_keys$' 'machine-id: /etc/machine-id$' \
  'known_hosts stays valid'

echo "nothing of it is written by a dry run, and a rehearsal proves the patch"
remember_target
flash_target --dry-run --keep hostname "pi@$board_name" "$scratch/new.img"
expect_status 0
expect_says 'changed hostname: /etc/hostname$'
expect_untouched
flash_json --dry-run --device "$board_target" --keep hostname "pi@$board_name" \
  "$scratch/new.img"
expect_status 0
expect_record '.type == "plan" and .keep == "hostname"'
expect_record '.type == "image_change" and .what == "hostname"
  and .path == "/etc/hosts"'
flash_target --rehearse --keep hostname "pi@$board_name" "$scratch/new.img"
expect_status 0
expect_untouched

echo "the board's own files are as they were"
[ "$(cat "$board_dir/etc/hostname")" = kitchen-pi ] || fail "the board was changed"

echo "verify lists what differs from the image"
status=0
"$client" -F "$board_ssh_config" verify --device "$board_target" "pi@$board_name" \
  "$scratch/new.img" >"$scratch/verified" 2>"$scratch/said" </dev/null || status=$?
expect_status 6

echo "without --keep the disk is the pure image again"
fill_target
flash_target --stream "root@$board_name" "$scratch/new.img"
expect_status 0
expect_flashed "$scratch/new.img"
