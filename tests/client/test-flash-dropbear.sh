#!/bin/sh
# SPDX-License-Identifier: MIT
# A whole flash where dropbear is the board's sshd: by itself with options that stand together, and, as dropbearmulti, started by an inetd.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/dropbear-board.sh
. "$(dirname "$0")/dropbear-board.sh"

requires socat -V
start_board
make_image "$scratch/new.img" 8

prepare_dropbear
multi=$board_dir/dropbearmulti
cp -L "$(command -v dropbear)" "$multi"

run_dropbear
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
