#!/bin/sh
# SPDX-License-Identifier: MIT
# --run: on the new system, its output as it is, its exit status passed on, its stdin empty; in records a line each.
set -eu
# shellcheck source=tests/client/return-test.sh
. "$(dirname "$0")/return-test.sh"
# shellcheck source=tests/client/json-test.sh
. "$(dirname "$0")/json-test.sh"

requires jq --version
requires python3 --version
start_board

# run_there COMMAND [ARGUMENTS...]
run_there ()
{
  command=$1
  shift
  start_return --wait=600 --run "$command" "$@" "root@$board_name"
  shut_board_down
  boot_new_system
  finish_return
}

for how in --ssh=libssh --ssh=openssh; do
  run_there 'cat /proc/sys/kernel/random/boot_id; cat; printf "\033[1m\001bytes\377"; echo to stderr >&2' \
    $how
  expect_status 0
  { echo "$board_boot_id"; printf '\033[1m\001bytes\377'; } >"$scratch/expected"
  cmp "$scratch/expected" "$scratch/stdout" || fail "the output is not what was written"
  expect_says "^to stderr$" "^back: $board_name answers"
  run_there 'echo one; exit 42' $how
  expect_status 42
  expect_says "has ended with status 42"
  [ "$(cat "$scratch/stdout")" = one ] || fail "the output is lost"
done
# Much of it, and an end by a signal.
run_there 'head -c 3000000 /dev/zero'
expect_status 0
[ "$(stat -c %s "$scratch/stdout")" -eq 3000000 ] || fail "bytes are lost"
run_there 'kill -9 $$'
expect_status 255
expect_says "did not end by itself"

run_there 'echo "a \"line\""; printf half; echo oops >&2; exit 7' --json --confirm "$board_name"
expect_status 7
mv "$scratch/stdout" "$scratch/records"
check_records
expect_record '.type == "phase" and .name == "wait"' \
  ".type == \"back\" and .boot_id == \"$board_boot_id\" and .user == \"root\"
     and .runs_from == \"unknown\" and .seconds >= 0" \
  '.type == "output" and .stream == "stdout" and .text == "a \"line\""' \
  '.type == "output" and .stream == "stdout" and .text == "half"' \
  '.type == "output" and .stream == "stderr" and .text == "oops"' \
  '.type == "command" and .exit_status == 7'
