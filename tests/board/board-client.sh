# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# flash-live-remote (from PATH) at work on a virtual board, beside the test that
# disturbs it.  Sourced after board.sh; one client at a time.
#
#   client_start ARGUMENT...          the board's ssh configuration is added; all
#                                     runs write to $BOARD_DIR/flash.log
#   client_is_running
#   client_await LABEL PERCENT SECONDS   until a progress line that was written
#                                     since it started, or client_mark, says so (or more: the
#                                     phases have an order).  1: it has ended
#   client_mark
#   client_kill                       SIGKILL; its nbdkit ends by itself
#   client_wait SECONDS               until it ends; sets CLIENT_STATUS
#   client_cleanup                    for the EXIT trap

CLIENT_PID=
CLIENT_STATUS=
CLIENT_RUNS=0
CLIENT_MARK=0

client_start ()
{
  CLIENT_RUNS=$((CLIENT_RUNS + 1))
  CLIENT_STATUS=
  printf '== run %d: %s\n' "$CLIENT_RUNS" "$*" >>"$BOARD_DIR/flash.log"
  client_mark
  flash-live-remote -F "$BOARD_SSH_CONFIG" "$@" </dev/null >>"$BOARD_DIR/flash.log" 2>&1 {BOARD_LOCK}>&- &
  CLIENT_PID=$!
}

client_is_running ()
{
  [ -n "$CLIENT_PID" ] && kill -0 "$CLIENT_PID" 2>/dev/null
}

client_mark ()
{
  CLIENT_MARK=$(wc -l <"$BOARD_DIR/flash.log")
}

client_await ()
{
  local deadline=$((SECONDS + $3))
  until client_has_reached "$1" "$2"; do
    client_is_running || return 1
    [ "$SECONDS" -lt "$deadline" ] \
      || lab_die "the client has not come to '$1' $2 % within $3 s: $(tail -n 3 "$BOARD_DIR/flash.log")"
    sleep 0.3
  done
}

client_has_reached ()
{
  tail -n "+$((CLIENT_MARK + 1))" "$BOARD_DIR/flash.log" | awk -v label="$1" -v percent="$2" '
    BEGIN { rank["rehearsing"] = 1; rank["copying"] = 2; rank["writing"] = 3; rank["verifying"] = 4 }
    $1 == "Rehearsing:" { at = 1000 }
    $1 in rank && match($0, / [0-9]+ %/) { at = rank[$1] * 1000 + substr($0, RSTART, RLENGTH) }
    END { exit !(at >= rank[label] * 1000 + percent) }'
}

client_kill ()
{
  kill -KILL "$CLIENT_PID" 2>/dev/null || :
  wait "$CLIENT_PID" 2>/dev/null || :
  CLIENT_PID=
}

client_wait ()
{
  local deadline=$((SECONDS + $1))
  while client_is_running; do
    [ "$SECONDS" -lt "$deadline" ] \
      || lab_die "the client has not ended within $1 s: $(tail -n 3 "$BOARD_DIR/flash.log")"
    sleep 0.3
  done
  CLIENT_STATUS=0
  wait "$CLIENT_PID" || CLIENT_STATUS=$?
  CLIENT_PID=
}

# The last word of the board about its copy: how many bytes came twice.  Empty
# where no client has heard it.
client_bytes_again ()
{
  sed -n 's/.*bytes received, \([0-9]*\) of them again.*/\1/p' "$BOARD_DIR/flash.log" | tail -n 1
}

client_cleanup ()
{
  [ ! -f "$BOARD_DIR/flash.log" ] || sed 's/^/    | /' "$BOARD_DIR/flash.log"
  [ -z "$CLIENT_PID" ] || client_kill
}
