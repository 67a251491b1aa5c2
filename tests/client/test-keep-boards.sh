#!/bin/sh
# SPDX-License-Identifier: MIT
# --keep with two boards: each gets its own name and host keys, in one flash.
set -eu
# shellcheck source=tests/client/fleet-test.sh
. "$(dirname "$0")/fleet-test.sh"
# shellcheck source=tests/client/keep-test.sh
. "$(dirname "$0")/keep-test.sh"

keep_requirements
start_boards 2
make_new_system
make_new_image "$scratch/new.img"

furnish_one ()
{
  furnish_board
  echo "$board_name" >"$board_dir/etc/hostname"
  fill_target
}

check_one ()
{
  take_new_root "$board_target_file"
  [ "$(kept /etc/hostname)" = "$board_name" ] || fail "the name of $board_name"
  kept /etc/ssh/ssh_host_ed25519_key | cmp - "$board_dir/host_key" ||
    fail "the host key of $board_name"
  expect_clean
}

for_boards furnish_one
# shellcheck disable=SC2046,SC2086 # a word a board
flash_fleet --confirm 2 --keep hostname,ssh-host-keys $(as_root $board_names) \
  "$scratch/new.img"
expect_status 0
expect_says '^  keep    ssh-host-keys,hostname$' "2 of 2 boards are done"
for_boards check_one
