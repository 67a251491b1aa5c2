# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the tests of uri= share: servers behind the one that is tested.  Sourced after
# plugin-functions.sh, whose start_nbdkit starts the front.

SERVER_PID=
WEB_PID=

stop_servers ()
{
  for pid in $SERVER_PID $WEB_PID; do
    kill -KILL "$pid" 2>/dev/null || :
  done
}
trap 'stop_servers; cleanup' EXIT

# wait_for_file FILE PID LOG
wait_for_file ()
{
  tries=0
  while [ ! -s "$1" ]; do
    kill -0 "$2" 2>/dev/null || { cat "$3" >&2; fail "a server died"; }
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || fail "a server does not start"
    sleep 0.1
  done
}

# The server that the front reads from, on $SERVER_SOCKET: start_server ARGS...
SERVER_SOCKET=$TMP/server.socket
start_server ()
{
  rm -f "$SERVER_SOCKET" "$TMP/server.pid"
  nbdkit -f -t 1 -U "$SERVER_SOCKET" -P "$TMP/server.pid" "$@" \
    2>"$TMP/server.log" &
  SERVER_PID=$!
  wait_for_file "$TMP/server.pid" "$SERVER_PID" "$TMP/server.log"
}

# By KILL: after TERM nbdkit -t 1 waits until its clients have left.
stop_server ()
{
  kill -KILL "$SERVER_PID" 2>/dev/null || :
  wait "$SERVER_PID" || :
  SERVER_PID=
}

# start_front ARGS...: what is tested, as the client starts it.
start_front ()
{
  start_nbdkit -t 1 "$PLUGIN" "$@"
}

# server_uri [EXPORT]
server_uri ()
{
  echo "nbd+unix:///${1:-}?socket=$SERVER_SOCKET"
}

# start_web FOLDER [no-ranges]: $WEB_URL
start_web ()
{
  rm -f "$TMP/port"
  python3 "${srcdir:-.}/range-server.py" "$TMP/port" "$@" 2>"$TMP/web.log" &
  WEB_PID=$!
  wait_for_file "$TMP/port" "$WEB_PID" "$TMP/web.log"
  WEB_URL=http://127.0.0.1:$(cat "$TMP/port")
}

stop_web ()
{
  kill "$WEB_PID"
  wait "$WEB_PID" 2>/dev/null || :
  WEB_PID=
}

# same_as EXPORT FILE: the front's export has these very bytes.
same_as ()
{
  nbdcopy "$(uri_of "$1")" "$TMP/copy" || { cat "$TMP/log" >&2; fail "$1: not read"; }
  cmp "$TMP/copy" "$2" || fail "$1: other bytes"
}
