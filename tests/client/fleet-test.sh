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
  cleanup_process $flash_pid
}

# for_boards COMMAND...: once for each board, with its variables.
for_boards ()
{
  for fleet_number in $(seq "$(echo "$board_names" | wc -w)"); do
    use_board "$fleet_number"
    "$@"
  done
}

# Whether the process $1 has a connection to the board $board_name.
talks_to_board ()
{
  inodes=$(find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null |
             tr -dc '0-9\n' | tr '\n' '|')
  awk -v inodes="|$inodes" -v port="$(printf ':%04X' "$board_port")" '
    substr ($3, 9) == port && index (inodes, "|" $10 "|") { found = 1 }
    END { exit !found }' "/proc/$1/net/tcp"
}

# The process that flashes the board $board_name.  The kernel's list is no snapshot:
# it may lack a connection once.
member_of_board ()
{
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    for member in $(pgrep -P "$flash_pid" flash-live-remo); do
      if talks_to_board "$member"; then
        echo "$member"
        return 0
      fi
    done
    sleep 0.1
  done
  fail "no process talks to $board_name"
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
