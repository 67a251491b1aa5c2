#!/bin/sh
# SPDX-License-Identifier: MIT
# ^C on the terminal reaches every program there: it must not end the ssh, or the proxy, that the flash goes through.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

requires expect -v
board_disk_mb=256
start_board
make_image "$scratch/new.img" 200
slow_image_server 100

# flash_and_interrupt ARGUMENTS...: one ^C during the write, which only says what is
# about to happen.
flash_and_interrupt ()
{
  cat >"$scratch/dialogue" <<END
set timeout 180
log_file -noappend -a $scratch/said
eval spawn -noecho \$argv
expect -re {writing +[1-9]} { send "\003" }
expect "Interrupt once more"
expect eof
exit [lindex [wait] 3]
END
  : >"$scratch/said"
  fill_target
  status=0
  expect -f "$scratch/dialogue" -- "$client" -F "$board_ssh_config" \
    --device "$board_target" --confirm "$board_name" "$@" --stream \
    "root@$board_name" "$scratch/new.img" >/dev/null 2>&1 || status=$?
  expect_status 0
  expect_says 'interrupt once more'
  ! said 'connection lost' || fail "the ^C has ended the connection"
  expect_flashed "$scratch/new.img"
  expect_clean
}

flash_and_interrupt --ssh=openssh
flash_and_interrupt -o \
  "ProxyCommand=ssh -F $board_ssh_config -W 127.0.0.1:$board_port $board_name"
