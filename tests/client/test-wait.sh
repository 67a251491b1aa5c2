#!/bin/sh
# SPDX-License-Identifier: MIT
# --wait: a board that comes back is known again by its boot id; the old one that still answers is not taken for it.
set -eu
# shellcheck source=tests/client/return-test.sh
. "$(dirname "$0")/return-test.sh"

start_board
cp "$board_known_hosts" "$scratch/known-before"

# Both transports, and a login that is not root's; the host key stays the same.
for how in --ssh=libssh --ssh=openssh; do
  start_return $how --wait=600 "pi@$board_name"
  # The old system has not gone yet.
  let_it_wait
  wait_until 120 said 'waiting for .* to come back'
  shut_board_down
  boot_new_system
  finish_return
  expect_status 0
  expect_says "^back: $board_name answers pi after [0-9]+ s" \
    "which disk the new system runs from could not be told"
  cmp "$board_known_hosts" "$scratch/known-before" || fail "known_hosts was changed"
  [ ! -s "$scratch/stdout" ] || fail "words on stdout"
done

# One that was not rebooted has not come back.
start_return --wait=4 "root@$board_name"
finish_return
expect_status 8
expect_says "did not come back within [0-9]+ s: it answers, and was not rebooted" \
  "its disk holds the image"

# Nor has one that nobody answers for.
start_return --wait=3 "root@$board_name"
shut_board_down
finish_return
expect_status 8
expect_says "did not come back within [0-9]+ s: cannot connect"

# A user who is gone: root is asked for last.
boot_new_system
start_return --wait=600 "pi@$board_name"
shut_board_down
: >"$board_dir/keys/pi"
boot_new_system
finish_return
expect_status 0
expect_says "^back: $board_name answers root after"

# ^C leaves the wait, and says how the disk stands.
start_return --wait=600 "root@$board_name"
shut_board_down
let_it_wait
wait_until 120 said 'waiting for .* to come back'
kill -INT "$flash_pid"
finish_flash
expect_status 8
expect_says "interrupted: $board_name was not waited for any longer" "its disk holds"
