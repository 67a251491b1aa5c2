#!/bin/sh
# SPDX-License-Identifier: MIT
# 200 clients that stall, talk garbage or go, strangers and users, over and over: copies
# go on and are right, memory, descriptors and threads stay bounded and come back, and
# the server is there for the next one.  CROWD_SEED=N repeats a run, CROWD_ROUNDS=N
# makes it longer.
# shellcheck source-path=SCRIPTDIR source=server-functions.sh
. "${srcdir:=.}/server-functions.sh"
require xz

clients=200
seed=${CROWD_SEED:-$(date +%s)}
echo "CROWD_SEED=$seed"

make_image "$TMP/raw" 48
xz -0 -T2 --block-size=1MiB -c "$TMP/raw" >"$TMP/images/a.img.xz"
{
  setup server 127.0.0.1
  setup user alice
} >"$TMP/words" || fail "setup"
make_config server.conf CACHE=64M
port=$(free_port)
start_server "$TMP/server.conf" "$port"
uri="nbds://127.0.0.1:$port/a.img.xz?tls-certificates=$TMP/alice"

copy ()
{
  timeout 300 nbdcopy "$uri" "$TMP/copy" || fail "no copy: $(tail "$TMP/server-$port.log")"
  cmp "$TMP/raw" "$TMP/copy" || fail "the copy differs"
}

# A board that takes its time: one connection, all along.
slow_copy ()
{
  timeout 500 nbdcopy --synchronous "$uri" - | while :; do
    head -c 1048576 >"$TMP/piece"
    [ -s "$TMP/piece" ] || break
    cat "$TMP/piece"
    sleep 0.2
  done | cmp - "$TMP/raw"
}

descriptors ()
{
  find "/proc/$SERVER_PID/fd" -mindepth 1 | wc -l
}

# in_status NAME: a number from the server's status.
in_status ()
{
  awk -v name="$1:" '$1 == name { print $2 }' "/proc/$SERVER_PID/status"
}

# back_to DESCRIPTORS THREADS
back_to ()
{
  [ "$(descriptors)" -le "$1" ] && [ "$(in_status Threads)" -le "$2" ]
}

# crowd SEED: let them come, and copy all the while.
crowd ()
{
  timeout 500 ./crowd "$port" "$uri" "$clients" "${CROWD_ROUNDS:-5}" "$1" >"$TMP/crowd" &
  crowd=$!
  retry 60 grep -q ready "$TMP/crowd" || fail "the crowd does not come"
  while kill -0 "$crowd" 2>/dev/null; do
    copy
    copies=$((copies + 1))
    now=$(descriptors)
    [ "$now" -le "$descriptors_most" ] || descriptors_most=$now
    now=$(in_status Threads)
    [ "$now" -le "$threads_most" ] || threads_most=$now
  done
  status=0
  wait "$crowd" || status=$?
  cat "$TMP/crowd"
  [ "$status" -eq 0 ] || fail "the crowd ended with status $status"
  retry 60 back_to $((descriptors_before + 8)) $((threads_before + 8)) ||
    fail "after the crowd: $(descriptors) descriptors, $(in_status Threads) threads"
}

copy
copies=0
descriptors_most=0
threads_most=0
descriptors_before=$(descriptors)
threads_before=$(in_status Threads)
slow_copy &
slow=$!
crowd "$seed"
resident=$(in_status VmRSS)
crowd $((seed + 1))
wait "$slow" || fail "the slow copy differs or ended"

peak=$(in_status VmHWM)
grown=$(($(in_status VmRSS) - resident))
echo "$copies copies; $((peak / 1024)) MiB, $descriptors_most descriptors," \
  "$threads_most threads at most; $grown KiB more after the second crowd"
[ "$copies" -ge 1 ] || fail "no copy meanwhile"
# The cache, a buffer of 1 MiB for each client, and what nbdkit and TLS need.
[ "$peak" -le $(((64 + clients + 64) * 1024)) ] || fail "$peak KiB of memory"
[ "$grown" -le $((12 * 1024)) ] || fail "$grown KiB more after the second crowd"
[ "$descriptors_most" -le $((descriptors_before + clients + 50)) ] ||
  fail "$descriptors_most descriptors"
[ "$threads_most" -le $((threads_before + clients + 50)) ] || fail "$threads_most threads"
copy
