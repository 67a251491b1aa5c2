#!/bin/sh
# SPDX-License-Identifier: MIT
# --json: everything is a record of the schema, in success and in failure, and stderr is silent.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/json-test.sh
. "$(dirname "$0")/json-test.sh"

requires jq --version
requires python3 --version
start_board
make_image "$scratch/new.img" 8
xz -k "$scratch/new.img"
device=$(basename "$board_target")

flash_json --device "$board_target" --dry-run "root@$board_name" "$scratch/new.img"
expect_status 0
expect_record '.type == "plan" and .dry_run' \
  ".type == \"confirmation\" and .needed == \"$board_name\" and .given == false" \
  '.type == "board_state" and .written == "no"'

for mode in ramfs stream; do
  fill_target
  flash_json --device "$board_target" --confirm "$board_name" --$mode --map \
    "root@$board_name" "$scratch/new.img.xz"
  expect_status 0
  expect_flashed "$scratch/new.img"
  [ "$(head -n 1 "$scratch/records" | jq -r .type)" = start ] || fail "no start"
  [ "$(tail -n 1 "$scratch/records" | jq -r .type)" = result ] || fail "no result at the end"
  expect_record ".type == \"plan\" and .disk == \"$device\" and .mode == \"$mode\"
      and .disk_size == $((board_disk_mb * 1048576)) and .root_disk == false" \
    '.type == "image" and .format == "xz" and .image_size == 8388608' \
    '.type == "image_partition" and .kind == "Linux"' \
    '.type == "phase" and .name == "copy"' \
    '.type == "progress" and .phase == "copy" and .done == .total' \
    '.type == "verification" and .differing == 0 and .chunks == 8' \
    '.type == "board_state" and .written == "partly" and .resumable' \
    '.type == "board_state" and .written == "yes"' \
    '.type == "map" and .cells == "ooo--o--"' '.type == "map" and .cells == "########"' \
    '.type == "phase_time" and .name == "copy" and .milliseconds > 0' \
    '.type == "flash_summary" and .bytes_sent > 0 and .holes == 4194304
      and .reconnects == 0 and .restarts == 0 and .pass == 1 and .chunks == 8
      and .differing == 0 and .repaired == 0' \
    ".type == \"result\" and .status == \"done\" and .exit_status == 0
      and .board == \"$board_name\" and (has(\"code\") | not)"
  expect_clean
done

# What is refused.
flash_json --device "$board_target" "root@$board_name" "$scratch/new.img"
expect_status 2
expect_record '.type == "message" and .level == "error" and (.text | contains("--confirm"))
    and .code == "confirmation-missing"' \
  '.type == "result" and .status == "usage" and .code == "confirmation-missing"
    and (.text | contains("--confirm"))'
flash_json --strem board image
expect_status 2
expect_record '.level == "error" and (.text | contains("--stream")) and .code == "option-unknown"'

remember_target
head -c 2000000 "$scratch/new.img.xz" >"$scratch/cut.img.xz"
flash_json --device "$board_target" --confirm "$board_name" "root@$board_name" \
  "$scratch/cut.img.xz"
expect_status 3
expect_record '.level == "words" and (.text | contains("truncated"))' \
  '.type == "board_state" and .written == "unknown" and (.resumable | not)' \
  '.type == "result" and .status == "not_written" and .exit_status == 3
    and .code == "nbdkit-failed" and (.text | contains("nbdkit"))'
expect_untouched

# Nobody is asked: neither for a password nor about a host key.
flash_json --device "$board_target" --confirm "$board_name" "nokey@$board_name" \
  "$scratch/new.img"
expect_status 3
expect_record '.level == "error" and (.text | contains("refuses the login"))
    and .code == "login-refused"'

# The other commands.
flash_json verify --device "$board_target" "root@$board_name" "$scratch/new.img"
expect_status 0
expect_record '.type == "comparison" and .differing == 0 and .compared == 8'
printf x | dd of="$board_target" bs=1 seek=5000000 conv=notrunc status=none
flash_json verify --device "$board_target" "root@$board_name" "$scratch/new.img"
expect_status 6
expect_record '.type == "range" and .offset <= 5000000 and .offset + .length > 5000000' \
  '.type == "comparison" and .differing == 1' \
  '.type == "result" and .status == "differs"'
flash_json status "root@$board_name"
expect_status 0
expect_record '.type == "session" and .state == "none"'
flash_json abandon --confirm "$board_name" "root@$board_name"
expect_status 3
