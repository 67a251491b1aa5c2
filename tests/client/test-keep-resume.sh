#!/bin/sh
# SPDX-License-Identifier: MIT
# A flash with --keep that is cut, whose helper or client is killed, goes on with the patch
# that the board has, whatever has become of the files on the board; with another --keep
# it does not, and one that has written nothing begins anew.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"
# shellcheck source=tests/client/keep-test.sh
. "$(dirname "$0")/keep-test.sh"

keep_requirements
board_disk_mb=256
start_board
make_new_system
head -c 150000000 /dev/urandom >"$tree/usr/large"
make_new_image "$scratch/new.img" 200

kill_client ()
{
  kill -9 "$flash_pid"
  wait "$flash_pid" 2>/dev/null || true
}

echo "the session process is killed, then all connections break"
furnish_board
fill_target
slow_image_server 100
watch_patch
start_flash --stream --keep hostname,ssh-host-keys "root@$board_name" "$scratch/new.img"
wait_until 120 said '^writing  [1-9]'
# shellcheck disable=SC2016
board_run sh -c 'kill -9 "$(cat /run/flash-live-remote/pid)"'
wait_until 120 said 'the session process was killed by signal 9'
break_connections
finish_flash
expect_status 0
wait "$watcher"
expect_patched "$scratch/new.img"
take_new_root "$board_target_file"
[ "$(kept /etc/hostname)" = kitchen-pi ] || fail "hostname"
expect_clean

echo "the client is killed: another --keep is refused, the same goes on"
fill_target
slow_image_server 100
watch_patch
start_flash --stream --keep hostname "pi@$board_name" "$scratch/new.img"
wait_until 120 said '^writing  [1-9]'
kill_client
normal_image_server
wait "$watcher"
for keep in '' '--keep hostname,machine-id'; do
  # shellcheck disable=SC2086 # two words, or none
  flash_target --stream $keep "pi@$board_name" "$scratch/new.img"
  expect_status 3
  expect_says "already under way" "same image, mode, target, --keep and --config" "nothing was written"
done
status=0
"$client" -F "$board_ssh_config" status "pi@$board_name" >"$scratch/status" 2>&1 ||
  status=$?
grep -q 'and the same --keep' "$scratch/status" || fail "status does not name --keep"
echo renamed >"$board_dir/etc/hostname"
flash_target --stream --keep hostname "pi@$board_name" "$scratch/new.img"
expect_status 0
expect_says "goes on"
expect_patched "$scratch/new.img"
take_new_root "$board_target_file"
[ "$(kept /etc/hostname)" = kitchen-pi ] || fail "not the patch of the beginning"
expect_clean

echo "before the write another --keep begins anew"
furnish_board
fill_target
slow_image_server 100
start_flash --ramfs --keep hostname "pi@$board_name" "$scratch/new.img"
wait_until 120 said '^copying +[1-9]'
kill_client
normal_image_server
watch_patch
flash_target --ramfs --keep machine-id "pi@$board_name" "$scratch/new.img"
expect_status 0
expect_says "earlier flash of this board is given up"
take_new_root "$board_target_file"
[ "$(kept /etc/hostname)" = raspberrypi ] || fail "hostname in spite of --keep machine-id"
[ "$(kept /etc/machine-id)" = 0123456789abcdef0123456789abcdef ] || fail "machine-id"
expect_clean
