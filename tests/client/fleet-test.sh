# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the tests that flash several boards share; brings flash-test.sh with it.

# shellcheck source=tests/client/flash-test.sh
. "$(dirname -- "$0")/flash-test.sh"

# as_root NAME...: the boards as arguments.
as_root ()
{
  for name; do
    printf 'root@%s ' "$name"
  done
}

# flash_fleet ARGUMENTS...: like flash, onto the loop devices of all that are named.
flash_fleet ()
{
  flash --device /run/board-disk "$@"
}

# start_fleet ARGUMENTS...: the same in the background ($flash_pid).
start_fleet ()
{
  : >"$scratch/said"
  "$client" -F "$board_ssh_config" --device /run/board-disk "$@" \
    >"$scratch/stdout" 2>"$scratch/said" </dev/null &
  flash_pid=$!
  cleanup_fn "kill -9 $flash_pid 2>/dev/null"
}

# for_boards COMMAND...: once for each board, with its variables.
for_boards ()
{
  for fleet_number in $(seq "$(echo "$board_names" | wc -w)"); do
    use_board "$fleet_number"
    "$@"
  done
}

# The process that flashes the board $board_name.
member_of_board ()
{
  for member in $(pgrep -P "$flash_pid" flash-live-remo); do
    # Only its own connection leads to this port.
    inodes=$(find "/proc/$member/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null |
               tr -dc '0-9\n' | tr '\n' '|')
    port=$(printf ':%04X ' "$board_port")
    if grep -E " (${inodes%|}) " "/proc/$member/net/tcp" | awk '{print $3 " "}' |
         grep -q "$port"; then
      echo "$member"
      return 0
    fi
  done
  return 1
}

# No process is left of the fleet, and no socket.
expect_no_remains ()
{
  [ -z "$(ls "$TMPDIR")" ] || fail "left behind: $(ls "$TMPDIR")"
}

# The name of a socket has to be short, and nothing else may lie beside it.
TMPDIR=$(mktemp -d /tmp/flr.XXXXXX)
export TMPDIR
cleanup_fn "rmdir $TMPDIR"
