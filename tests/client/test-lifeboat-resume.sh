#!/bin/sh
# SPDX-License-Identifier: MIT
# A write is gone on with through the lifeboat: after SIGKILL, from another machine that has the key, to another address.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

# The session's folders that are left.
sessions ()
{
  ls "$HOME/.local/state/flash-live-remote/sessions"
}

begin_and_kill ()
{
  fill_target
  slow_image_server 100
  start_flash --lifeboat-port 0 --stream "root@$board_name" "$scratch/new.img"
  wait_until 120 said '^writing +[1-9]'
  kill -9 "$flash_pid"
  wait "$flash_pid" 2>/dev/null || true
  normal_image_server
}

unset XDG_STATE_HOME
board_disk_mb=256
start_board
make_image "$scratch/new.img" 200

begin_and_kill
[ -n "$(sessions)" ] || fail "the key of a flash under way was not kept"
# The ordinary login is not needed, nor possible in the middle of a write.
mv "$board_dir/keys/root" "$board_dir/keys/away"
flash_target --lifeboat-port 0 --stream "root@$board_name" "$scratch/new.img"
expect_status 0
expect_says "earlier flash" "goes on where it is" "verified"
expect_flashed "$scratch/new.img"
mv "$board_dir/keys/away" "$board_dir/keys/root"
expect_clean
[ -z "$(sessions)" ] || fail "the key of a flash that is over was kept"

# Another machine: nothing but the key, and an address that known_hosts has not.
begin_and_kill
key=$HOME/.local/state/flash-live-remote/sessions/$(sessions)/key
cp "$key" "$scratch/carried-key"
mkdir -p "$scratch/other-home/.ssh"
HOME=$scratch/other-home
flash_target --session-key "$scratch/carried-key" --lifeboat-port 0 --stream \
  "root@$board_name" "$scratch/new.img"
expect_status 0
expect_says "goes on where it is"
expect_flashed "$scratch/new.img"
expect_clean

# The board's address has changed: the key that it showed at the beginning counts.
HOME=$scratch/home
rm -rf "$HOME/.local/state/flash-live-remote/sessions"/*
if socat -V >/dev/null 2>&1; then
  begin_and_kill
  moved_port=$((board_port + 1))
  socat "TCP-LISTEN:$moved_port,bind=127.0.0.1,fork,reuseaddr" \
    "TCP:127.0.0.1:$board_port" &
  cleanup_process $!
  sleep 0.5
  flash_target -p "$moved_port" --lifeboat-port 0 --stream "root@$board_name" \
    "$scratch/new.img"
  expect_status 0
  expect_says "goes on where it is"
  expect_flashed "$scratch/new.img"
fi
