#!/bin/sh
# SPDX-License-Identifier: MIT
# --json and interrupts: on the spot, and in the middle of a write, which the same command finishes.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"
# shellcheck source=tests/client/json-test.sh
. "$(dirname "$0")/json-test.sh"

requires jq --version
requires python3 --version
board_disk_mb=256
start_board
make_image "$scratch/new.img" 200

recorded ()
{
  grep -q "$1" "$scratch/records"
}

start_json ()
{
  : >"$scratch/records"
  "$client" -F "$board_ssh_config" --json --stream --device "$board_target" \
    --confirm "$board_name" "$@" >"$scratch/records" 2>"$scratch/said" </dev/null &
  flash_pid=$!
  cleanup_process $flash_pid
}

# While the image is checked: that takes no clean-up.
slow_image_server 10
start_json "root@$board_name" "$scratch/new.img"
wait_until 60 recorded '"name":"check-image"'
kill -INT "$flash_pid"
finish_flash
expect_status 3
check_records
expect_record '.type == "result" and .exit_status == 3 and (.text | contains("interrupted"))'

slow_image_server 100
start_json "root@$board_name" "$scratch/new.img"
wait_until 120 recorded '"written":"partly"'
kill -INT "$flash_pid"
wait_until 20 recorded 'once more'
kill -INT "$flash_pid"
finish_flash
expect_status 4
check_records
expect_record '.type == "board_state" and .written == "partly" and .resumable' \
  '.type == "result" and .status == "interrupted" and .exit_status == 4'

flash_json status "root@$board_name"
expect_status 0
expect_record '.type == "session" and .state == "writing" and .written == "partly"'
normal_image_server
flash_json --stream --device "$board_target" --confirm "$board_name" \
  "root@$board_name" "$scratch/new.img"
expect_status 0
expect_record '.type == "plan" and .resumes and .writing_begun' '.type == "phase" and .name == "go-on"'
expect_flashed "$scratch/new.img"
expect_clean
