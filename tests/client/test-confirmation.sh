#!/bin/sh
# SPDX-License-Identifier: MIT
# On a terminal the host name must be typed; anything else, or ^C, writes nothing.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

requires expect -v
start_board
remember_target
make_image "$scratch/new.img" 8

# flash_on_terminal EXPECT-LINES
flash_on_terminal ()
{
  cat >"$scratch/dialogue" <<END
set timeout 60
log_file -a $scratch/said
eval spawn -noecho \$argv
$1
expect eof
exit [lindex [wait] 3]
END
  : >"$scratch/said"
  status=0
  expect -f "$scratch/dialogue" -- "$client" -F "$board_ssh_config" \
    --device "$board_target" "root@$board_name" "$scratch/new.img" \
    >/dev/null 2>&1 || status=$?
}

# The name of a socket has to be short.
TMPDIR=$(mktemp -d /tmp/flr.XXXXXX)
export TMPDIR
cleanup_fn "rmdir $TMPDIR"
flash_on_terminal 'expect "Type the host name" { send "yes\r" }'
expect_status 3
expect_says "WILL BE LOST" "not confirmed" "nothing was written"
flash_on_terminal 'expect "Type the host name" { send "root@'"$board_name"'\r" }'
expect_status 3
flash_on_terminal 'expect "Type the host name" { send "\004" }'
expect_status 3
flash_on_terminal 'expect "Type the host name" { send "\003" }'
expect_status 3
expect_says "interrupted" "nothing was written"
[ -z "$(ls "$TMPDIR")" ] ||
  fail "an interrupt leaves the socket's directory behind"
expect_untouched

flash_on_terminal 'expect "Type the host name" { send "'"$board_name"'\r" }'
expect_status 0
expect_flashed "$scratch/new.img"
# The progress line is redrawn in place.
grep -q "$(printf '\033')\[K" "$scratch/said" || fail "no line was redrawn"
