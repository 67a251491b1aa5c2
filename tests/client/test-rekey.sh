#!/bin/sh
# SPDX-License-Identifier: MIT
# New keys are exchanged many times in the middle of the transfer, asked for by either side.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

board_disk_mb=256
start_board
make_image "$scratch/new.img" 120
sed '/^ListenAddress/d' "$board_dir/sshd_config" >"$board_dir/sshd_rekey"
board_run /usr/sbin/sshd -f "$board_dir/sshd_rekey" -p $((board_port + 1)) \
  -o ListenAddress=127.0.0.1 -o RekeyLimit=8M
sed "s/:$board_port /:$((board_port + 1)) /" "$board_known_hosts" >"$scratch/known"

for mode in --ramfs --stream; do
  fill_target
  flash_target $mode -p $((board_port + 1)) -o UserKnownHostsFile="$scratch/known" \
    "root@$board_name" "$scratch/new.img"
  expect_status 0
  expect_flashed "$scratch/new.img"
  fill_target
  flash_target $mode -o RekeyLimit=8M "root@$board_name" "$scratch/new.img"
  expect_status 0
  expect_flashed "$scratch/new.img"
done
