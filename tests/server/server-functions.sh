# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the tests of the image server share.  Sourced; cwd is the build folder.
# shellcheck source=../plugin/plugin-functions.sh
. "${srcdir:=.}/../plugin/plugin-functions.sh"

SERVER=$PWD/../../image-server/flash-image-server
SETUP=$PWD/../../image-server/flash-image-server-setup
SOURCES=$(cd "$srcdir/../../image-server" && pwd)
export FLASHIMAGE_PLUGIN="$PLUGIN"

require openssl

for program in "$SERVER" "$SETUP"; do
  [ -x "$program" ] || fail "not built: $program"
done

mkdir "$TMP/images" "$TMP/cache"
SERVERS=
kill_servers ()
{
  # shellcheck disable=SC2086 # words
  [ -z "$SERVERS" ] || kill -9 $SERVERS 2>/dev/null || :
  cleanup
}
trap kill_servers EXIT

# setup ARGS...: the keys are below $TMP/etc, what is handed over in $TMP.
setup ()
{
  "$SETUP" --directory "$TMP/etc" --output "$TMP" "$@"
}

# make_config NAME LINE...: $TMP/NAME, for $TMP/images and the keys of setup.
make_config ()
{
  config=$TMP/$1
  shift
  {
    echo "IMAGES=$TMP/images"
    echo "TLS_CERTIFICATES=$TMP/etc/tls"
    echo "TLS_PSK=$TMP/etc/tls/keys.psk"
    echo "INDEX=none"
    printf '%s\n' "$@"
  } >"$config"
}

listens_on ()
{
  awk -v port=":$(printf %04X "$1")" '
    $4 == "0A" && index($2, port) { found = 1 }
    END { exit !found }' /proc/net/tcp /proc/net/tcp6
}

# A port that nobody listens on: below those that outgoing connections get, and far
# from the ports of a test whose process number is next to this one's.
free_port ()
{
  port=${1:-$((20000 + $$ * 13 % 9000))}
  while listens_on "$port"; do
    port=$((port + 1))
  done
  echo "$port"
}

# start_server CONFIG PORT: the image server on loopback; its process is $SERVER_PID,
# its words are in $TMP/server-PORT.log.
start_server ()
{
  "$SERVER" "$1" -i 127.0.0.1 -p "$2" 2>>"$TMP/server-$2.log" &
  SERVER_PID=$!
  SERVERS="$SERVERS $SERVER_PID"
  retry 30 listens_on "$2" ||
    fail "the server does not listen: $(cat "$TMP/server-$2.log")"
}

# refused COMMAND...: it must fail; its words are in $TMP/words.
refused ()
{
  ! "$@" >"$TMP/words" 2>&1 || fail "not refused: $*"
}

# says TEXT: part of the words of what was refused.
says ()
{
  grep -qF -- "$1" "$TMP/words" || fail "no word of '$1' in: $(cat "$TMP/words")"
}
