#!/bin/sh
# SPDX-License-Identifier: MIT
# Two servers behind HAProxy, with the configuration that is shipped: all connections of
# a machine go to one of them; when that is killed in the middle of a copy, the copy goes
# on from the other one, byte for byte.  Where that has another image, the copy fails.
# shellcheck source-path=SCRIPTDIR source=server-functions.sh
. "${srcdir:=.}/server-functions.sh"
PATH=$PATH:/usr/sbin
require haproxy xz

mebibytes=96
mkdir "$TMP/seen"

# make_data FILE FIRST: that compress, and no holes.
make_data ()
{
  seq "$2" "$(($2 + 15000000))" | head -c "$((mebibytes * 1048576))" >"$1"
}

make_data "$TMP/raw" 1
xz -0 -T2 --block-size=4MiB -c "$TMP/raw" >"$TMP/images/a.img.xz"
{
  setup server 127.0.0.1
  setup user alice
} >"$TMP/words" || fail "setup"
one=$(free_port)
two=$(free_port $((one + 1)))
balancer=$(free_port $((two + 1)))
make_config one.conf CACHE=64M
make_config two.conf CACHE=64M
cp -r "$TMP/images" "$TMP/images-two"
sed -i "s|^IMAGES=.*|IMAGES=$TMP/images-two|" "$TMP/two.conf"

start_both ()
{
  start_server "$TMP/one.conf" "$one"
  one_pid=$SERVER_PID
  start_server "$TMP/two.conf" "$two"
  two_pid=$SERVER_PID
}

start_haproxy ()
{
  sed -e "s|bind :10809|bind 127.0.0.1:$balancer|" \
    -e "s|server one .*|server one 127.0.0.1:$one|" \
    -e "s|server two .*|server two 127.0.0.1:$two|" "$SOURCES/haproxy.cfg" >"$TMP/haproxy.cfg"
  [ "$(grep -c 127.0.0.1 "$TMP/haproxy.cfg")" -eq 3 ] || fail "haproxy.cfg has changed"
  haproxy -c -q -f "$TMP/haproxy.cfg" >"$TMP/words" 2>&1 ||
    fail "haproxy.cfg: $(cat "$TMP/words")"
  haproxy -db -f "$TMP/haproxy.cfg" >"$TMP/haproxy.log" 2>&1 &
  haproxy_pid=$!
  SERVERS="$SERVERS $haproxy_pid"
  retry 30 listens_on "$balancer" || fail "HAProxy: $(cat "$TMP/haproxy.log")"
}

# As the client does: a relay for TLS, and the plugin before it.
start_front ()
{
  nbdkit -f -t 1 -U "$TMP/relay" nbd hostname=127.0.0.1 "port=$balancer" \
    dynamic-export=true tls=require "tls-certificates=$TMP/alice" 2>"$TMP/relay.log" &
  relay=$!
  SERVERS="$SERVERS $relay"
  retry 30 test -S "$TMP/relay" || fail "the relay: $(cat "$TMP/relay.log")"
  start_nbdkit -t 1 "$PLUGIN" "uri=nbd+unix:///a.img.xz?socket=$TMP/relay" cache=24M
}

stop_front ()
{
  stop_nbdkit
  kill -9 "$relay"
  rm "$TMP/relay"
}

# connections PID: sockets, the listening one among them.
connections ()
{
  find "/proc/$1/fd" -lname 'socket:*' | wc -l
}

# The process of the server that has the connections; it must be all of them.
used_server ()
{
  in_one=$(connections "$one_pid")
  in_two=$(connections "$two_pid")
  echo "connections: $in_one, $in_two"
  case $((in_one > 1)):$((in_two > 1)) in
    1:0) used=$one_pid ;;
    0:1) used=$two_pid ;;
    *) fail "not all connections are with one server" ;;
  esac
}

# copy_and_kill: 16 MiB; then the server is killed; then the rest.  $TMP/copy.
copy_and_kill ()
{
  mkfifo "$TMP/pipe"
  timeout 300 nbdcopy --synchronous "$(uri_of disk)" - >"$TMP/pipe" 2>"$TMP/nbdcopy.log" &
  copier=$!
  exec 3<"$TMP/pipe"
  rm "$TMP/pipe"
  head -c 16777216 <&3 >"$TMP/copy"
  kill -0 "$copier" || fail "the copy is over too soon"
  used_server
  cp "$TMP/server-$one.log" "$TMP/server-$two.log" "$TMP/seen/"
  kill -9 "$used"
  cat <&3 >>"$TMP/copy"
  exec 3<&-
}

start_both
start_haproxy
start_front
copy_and_kill
wait "$copier" ||
  fail "the copy ended: $(cat "$TMP/nbdcopy.log" "$TMP/log" "$TMP/haproxy.log")"
cmp "$TMP/raw" "$TMP/copy" || fail "the copy differs"
left=$one left_pid=$one_pid left_images=$TMP/images
[ "$used" -eq "$two_pid" ] || left=$two left_pid=$two_pid left_images=$TMP/images-two
[ "$(connections "$left_pid")" -ge 3 ] || fail "the other server has no connections"
stop_front

# Until then the server that is left has seen nothing but checks.
[ ! -s "$TMP/seen/server-$left.log" ] ||
  fail "the checks of HAProxy fill the log: $(cat "$TMP/seen/server-$left.log")"

# The same again, but that the other server has another image of that name.
kill -9 "$haproxy_pid" "$one_pid" "$two_pid" 2>/dev/null || :
wait "$haproxy_pid" "$one_pid" "$two_pid" || :
start_both
start_haproxy
start_front
make_data "$TMP/other" 7
xz -0 -T2 --block-size=4MiB -c "$TMP/other" >"$TMP/other.xz"
nbdinfo --size "$(uri_of disk)" >"$TMP/words" || fail "no size"
# HAProxy chooses by the client's address: the same server as before.
mv "$TMP/other.xz" "$left_images/a.img.xz"
copy_and_kill
! wait "$copier" || fail "two images were mixed"
grep -q 'not the image any more' "$TMP/log" || fail "not refused: $(cat "$TMP/log")"
cmp -n "$(stat -c %s "$TMP/copy")" "$TMP/raw" "$TMP/copy" || fail "wrong bytes were given out"
