# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the tests of the plugin share.  Sourced; cwd is the build folder.
set -eu

PLUGIN=$PWD/../../nbdkit-plugin/.libs/nbdkit-flashimage-plugin.so

require ()
{
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
  done
}

fail ()
{
  echo "FAILED: $*" >&2
  exit 1
}

require nbdkit nbdcopy nbdinfo
[ -f "$PLUGIN" ] || fail "the plugin is not built: $PLUGIN"

TMP=$(mktemp -d "${TMPDIR:-/tmp}/flashimage-test.XXXXXX")
# Nothing of the person's own is used or left behind.
export XDG_CACHE_HOME="$TMP/cache"
NBDKIT_PID=
cleanup ()
{
  [ -z "$NBDKIT_PID" ] || kill "$NBDKIT_PID" 2>/dev/null || :
  rm -rf "$TMP"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# make_image FILE MEBIBYTES: a sparse file that is half holes, with data that
# compress, and some that do not; its length is odd.
make_image ()
{
  truncate -s "$(($2 * 1048576 + 513))" "$1"
  i=0
  while [ "$i" -lt "$2" ]; do
    seq "$((i * 100000))" "$((i * 100000 + 100000))" | head -c 400000 |
      dd of="$1" bs=64k seek="$((i * 16))" conv=notrunc status=none
    head -c 100000 /dev/urandom |
      dd of="$1" bs=64k seek="$((i * 16 + 8))" conv=notrunc status=none
    i=$((i + 2))
  done
  printf end | dd of="$1" bs=1 seek="$(($2 * 1048576 + 510))" conv=notrunc \
    status=none
}

# Serve until the test ends: start_nbdkit ARGS...; the socket is $SOCKET.
start_nbdkit ()
{
  SOCKET=$TMP/socket
  rm -f "$SOCKET" "$TMP/pid"
  nbdkit -f -U "$SOCKET" -P "$TMP/pid" "$@" 2>"$TMP/log" &
  NBDKIT_PID=$!
  i=0
  while [ ! -s "$TMP/pid" ]; do
    kill -0 "$NBDKIT_PID" 2>/dev/null || { cat "$TMP/log" >&2; fail "nbdkit died"; }
    i=$((i + 1))
    [ "$i" -lt 300 ] || fail "nbdkit does not start"
    sleep 0.1
  done
}

stop_nbdkit ()
{
  kill "$NBDKIT_PID"
  wait "$NBDKIT_PID" || fail "nbdkit ended with status $?: $(cat "$TMP/log")"
  NBDKIT_PID=
}

# expect_prompt_end WHAT MS: nbdkit ends on TERM in less than MS, while the client
# $CLIENT waits.
expect_prompt_end ()
{
  before=$(date +%s%N)
  kill "$NBDKIT_PID"
  wait "$NBDKIT_PID" || fail "$1: nbdkit ended with status $?: $(cat "$TMP/log")"
  ms=$((($(date +%s%N) - before) / 1000000))
  echo "$1: ended after $ms ms"
  NBDKIT_PID=
  wait "$CLIENT" || :
  [ "$ms" -lt "$2" ] || fail "$1: nbdkit took $ms ms to end"
}

# retry SECONDS COMMAND...: until it succeeds.
retry ()
{
  tries=$(($1 * 10))
  shift
  until "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.1
  done
}

# The URI of an export of the running server.
uri_of ()
{
  echo "nbd+unix:///$1?socket=$SOCKET"
}

# The final text of an integrity export of the running server.
integrity_text ()
{
  integrity=${1:-integrity}
  i=0
  while :; do
    text=$(nbdcopy "$(uri_of "$integrity")" - | tr -d '\000') ||
      fail "the integrity export cannot be read"
    case $text in
      *state=scanning*) ;;
      *) echo "$text"; return ;;
    esac
    i=$((i + 1))
    [ "$i" -lt 300 ] || fail "the scan does not end"
    sleep 0.1
  done
}
