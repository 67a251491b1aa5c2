#!/bin/sh
# SPDX-License-Identifier: MIT
# Who is refused by a board that writes, or thinks better of it, leaves the key of that flash alone.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

sessions ()
{
  ls "$HOME/.local/state/flash-live-remote/sessions"
}

# expect_kept: the board is not called unwritten, and its key is still here.
expect_kept ()
{
  expect_status 3
  expect_says "nothing was written to $board_name by this command"
  [ "$(sessions)" = "$session" ] || fail "the key of a flash under way was removed"
}

unset XDG_STATE_HOME
board_disk_mb=256
start_board
fill_target
make_image "$scratch/new.img" 200
make_image "$scratch/other.img" 8
slow_image_server 100
start_flash --lifeboat-port 0 --stream "root@$board_name" "$scratch/new.img"
wait_until 120 said '^writing +[1-9]'
kill -9 "$flash_pid"
wait "$flash_pid" 2>/dev/null || true
normal_image_server
session=$(sessions)

flash_target --stream "root@$board_name" "$scratch/other.img"
expect_kept
expect_says "already under way" "is left alone"
flash_target --rehearse --stream "root@$board_name" "$scratch/new.img"
expect_kept
expect_says "nothing can be rehearsed"
flash_target --stream --dry-run "root@$board_name" "$scratch/new.img"
expect_status 0
[ "$(sessions)" = "$session" ] || fail "a dry run removed the key"
# A typing error at the question.
if script --version >/dev/null 2>&1; then
  status=0
  echo wrong | script -qec "$client -F $board_ssh_config --device $board_target \
    --stream root@$board_name $scratch/new.img" /dev/null >"$scratch/said" 2>&1 ||
    status=$?
  expect_kept
fi

flash_target --lifeboat-port 0 --stream "root@$board_name" "$scratch/new.img"
expect_status 0
said "^rehearsing: " && fail "what is past is told as if it began"
expect_says "^writing the disk"
expect_flashed "$scratch/new.img"
expect_clean
[ -z "$(sessions)" ] || fail "the key of a flash that is over was kept"
