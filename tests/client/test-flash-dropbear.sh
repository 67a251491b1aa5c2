#!/bin/sh
# SPDX-License-Identifier: MIT
# A whole flash where dropbear is the board's sshd: by itself with options that stand together, and, as dropbearmulti, started by an inetd.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

requires dropbear -V
requires socat -V
start_board
make_image "$scratch/new.img" 8

# Its way to the keys of root is not an option.  The rest of /root is this
# machine's.
# shellcheck disable=SC2016
board_run sh -c 'mount -t tmpfs -o mode=700 tmpfs /root && mkdir -m 700 /root/.ssh &&
  cp "$1" /root/.ssh/authorized_keys' sh "$board_dir/keys/root"
dropbearkey -t ed25519 -f "$board_dir/dropbear_key" >/dev/null 2>&1
multi=$board_dir/dropbearmulti
cp -L "$(command -v dropbear)" "$multi"

# use_port PORT: where the client logs in from now on.
use_port ()
{
  wait_until 60 ssh-keyscan -T 2 -p "$1" 127.0.0.1
  sed -i "s/^  Port .*/  Port $1/" "$board_ssh_config"
  echo "[127.0.0.1]:$1 $(dropbearkey -y -f "$board_dir/dropbear_key" |
    grep ^ssh- | cut -d' ' -f1,2)" >"$board_known_hosts"
}

run_daemon ()
{
  board_run "$@" >>"$board_dir/dropbear.log" 2>&1 &
  cleanup_fn "kill -9 $! 2>/dev/null"
}

: >"$scratch/said"
run_daemon dropbear -RFEr "$board_dir/dropbear_key" -p "127.0.0.1:$((board_port + 1))"
use_port $((board_port + 1))
for mode in stream ramfs; do
  fill_target
  flash_target --lifeboat-port 0 "--$mode" "root@$board_name" "$scratch/new.img"
  expect_status 0
  expect_says 'leads into its memory' verified
  expect_flashed "$scratch/new.img"
  expect_rest_untouched "$scratch/new.img"
  expect_clean
done

run_daemon socat "TCP-LISTEN:$((board_port + 2)),bind=127.0.0.1,fork,reuseaddr" \
  "EXEC:$multi -i -r $board_dir/dropbear_key,nofork"
use_port $((board_port + 2))
remember_target
flash_target --lifeboat-port 0 --stream "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says 'dropbearmulti does not listen itself' '--lifeboat-port' \
  'nothing was written'
expect_untouched
fill_target
flash_target --lifeboat-port $((board_port + 3)) --stream "root@$board_name" \
  "$scratch/new.img"
expect_status 0
expect_says 'leads into its memory' verified
expect_flashed "$scratch/new.img"
expect_clean
