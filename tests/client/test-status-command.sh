#!/bin/sh
# SPDX-License-Identifier: MIT
# status tells on stdout where a flash stands, and the command that goes on with it.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

# ask_status ARGUMENTS...: stdout goes to $scratch/told, stderr to $scratch/why
ask_status ()
{
  status=0
  "$client" status -F "$board_ssh_config" "$@" >"$scratch/told" \
    2>"$scratch/why" </dev/null || status=$?
}

expect_told ()
{
  for regex; do
    grep -Eqi -- "$regex" "$scratch/told" || {
      cat "$scratch/told" "$scratch/why" >&2
      fail "status did not tell: $regex"
    }
  done
}

board_disk_mb=256
start_board
remember_target
ask_status "root@$board_name"
[ "$status" -eq 0 ] || fail "without a flash, status gave $status"
expect_told "no flash is under way"
expect_untouched

# What cannot be told has no words on stdout.
ask_status -o Port=1 "root@$board_name"
[ "$status" -eq 3 ] || fail "an unreachable board gave $status"
[ ! -s "$scratch/told" ] || fail "it told something about an unreachable board"
ask_status -o NoEquals "root@$board_name"
[ "$status" -eq 2 ] || fail "a bad setting gave $status"

make_image "$scratch/new.img" 200
slow_image_server 50
start_flash --stream "root@$board_name" "$scratch/new.img"
wait_until 60 said '^writing  [1-9]'
ask_status "pi@$board_name"
[ "$status" -eq 0 ] || fail "with sudo, status gave $status"
expect_told "writing the disk" "new\.img: raw" "${board_target#/dev/}" "mode +stream" \
  "phase +writing: .* of 209\.7 MB \([0-9]+ %\)" "one is attached" \
  "nothing needs to be done" "abandon .*pi@$board_name"
ask_status "nosudo@$board_name"
[ "$status" -eq 3 ] || fail "who may not ask got status $status"
grep -q "only root" "$scratch/why" || fail "it did not say why"

kill -9 "$flash_pid"
wait "$flash_pid" 2>/dev/null || true
ask_status "root@$board_name"
expect_told "none is attached" "waits for the rest" "leave it switched on"
normal_image_server

# The very command, with the image's path put in.
resume=$(sed -n 's/^  \(flash-live-remote --stream .*\) new\.img$/\1/p' "$scratch/told")
[ -n "$resume" ] || { cat "$scratch/told" >&2; fail "no command goes on with it"; }
status=0
sh -c "$(printf '%s' "$resume" | sed "s|^flash-live-remote|'$client'|") \
  --confirm '$board_name' '$scratch/new.img'" >"$scratch/stdout" 2>"$scratch/said" \
  </dev/null || status=$?
expect_status 0
expect_flashed "$scratch/new.img"
expect_clean
