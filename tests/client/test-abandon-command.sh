#!/bin/sh
# SPDX-License-Identifier: MIT
# abandon ends a flash of another disk after a typed confirmation, and leaves nothing.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

# abandon ARGUMENTS...
abandon ()
{
  status=0
  "$client" abandon -F "$board_ssh_config" "$@" >"$scratch/told" \
    2>"$scratch/said" </dev/null || status=$?
}

# abandon_on_terminal ANSWER
abandon_on_terminal ()
{
  cat >"$scratch/dialogue" <<END
set timeout 60
log_file -a $scratch/said
eval spawn -noecho \$argv
expect "Type the host name" { send "$1\r" }
expect eof
exit [lindex [wait] 3]
END
  : >"$scratch/said"
  status=0
  expect -f "$scratch/dialogue" -- "$client" abandon -F "$board_ssh_config" \
    "root@$board_name" >/dev/null 2>&1 || status=$?
}

requires expect -v
board_disk_mb=256
start_board
abandon --confirm "$board_name" "root@$board_name"
expect_status 3
expect_says "nothing to abandon"

make_image "$scratch/new.img" 200
slow_image_server 50
start_flash --stream "root@$board_name" "$scratch/new.img"
# What was said before must not be taken for it.
wait_until 60 said '^connecting'
mv "$scratch/said" "$scratch/flash-said"
wait_until 60 grep -q '^writing  [1-9]' "$scratch/flash-said"

# Not confirmed: it goes on.
abandon "root@$board_name"
expect_status 3
expect_says "must be confirmed" "no terminal"
abandon --confirm other "root@$board_name"
expect_status 3
abandon_on_terminal yes
expect_status 3
expect_says "writing the disk" "not confirmed" "was not abandoned"
kill -0 "$flash_pid" || fail "the flash ended though nothing was confirmed"

abandon_on_terminal "$board_name"
expect_status 0
expect_says "partly written" "goes on running" "nothing of the flash is left"
finish_flash
[ "$status" -eq 5 ] || {
  cat "$scratch/flash-said" >&2
  fail "the client of an abandoned flash ended with $status"
}
expect_clean
abandon --confirm "$board_name" "root@$board_name"
expect_status 3
