#!/bin/sh
# SPDX-License-Identifier: MIT
# The session process is killed: its guardian starts another one, which undoes
# while nothing is written, and else goes on from where the journal stands.  The
# whole flash.sh; the disk is not the root disk.

. "$(dirname -- "$0")/session-side.sh"
requires nbdkit --version
[ -x ./digest-of ] || skip "digest-of is not built"
enter_sandbox "$@"
size=$((48 * 1048576))
make_disk $size
head -c $size /dev/urandom >"$scratch/image"
digest=$(./digest-of "$scratch/image")
RAM_SIZE=$((160 * 1048576))

serve="nbdkit --single --readonly file $scratch/image"
slowly="nbdkit --single --readonly --filter=rate file $scratch/image rate=128M\
 burstiness=0.2"

# It keeps files in memory, as for a root disk.
sed '/^set -u$/a [ -e /pins ] || flash-helper pin' "$helper_dir/flash.sh" \
  >"$scratch/flash.sh"

start_flash ()
{
  make_session_file "mode=$1" "stored-digest=$digest"
  head -c $size /dev/zero >"$disk_file"
  rm -f "$scratch"/*.exit
  deploy "$scratch/flash.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
  guardian=$(cat "$ram_root/guardian")
}

# Client $1 has said progress of phase $2 of $3 bytes at least.
has_progress ()
{
  sed -n "s/^FLR1 progress phase=$2 done=\([0-9]*\) .*/\1/p" \
    "$scratch/records.$1" | tail -n 1 |
    { read -r bytes && [ "$bytes" -ge "$3" ]; }
}

expect_restart ()
{
  wait_until 20 is_restarted || fail "no other session process"
  read -r keeper _ <"$ram_root/pins"
  [ "$(cat "/proc/$keeper/comm")" = flash-pins ] || fail "nothing is pinned"
  [ "$(cat "$ram_root/guardian")" = "$guardian" ] || fail "another guardian"
  for program in 'flash-helper write' 'busybox sh /flash.sh'; do
    [ "$(pgrep -c -f -x "$program")" -le 1 ] || fail "two of $program"
  done
}

expect_end ()
{
  wait_until 60 has_record "$1" '^FLR1 end result=done written=yes$' ||
    fail "no end: $(cat "$scratch/records.$1")"
  hang_up "$1"
  expect_clean
  cmp "$scratch/image" "$disk_file" || fail "the disk is not the image"
}

echo "# before go: it is undone"
start_flash ramfs
# shellcheck disable=SC2086 # words
attach a $serve
wait_until 30 has_record a '^FLR1 ready$' || fail "$(cat "$scratch/records.a")"
echo release_lifeboat >"$ram_root/undo-steps"
kill_session
wait_until 10 [ -s "$scratch/a.exit" ] || fail "the channel stays"
expect_restart
attach b
expect_record b '^FLR1 ready$'
expect_record b '^FLR1 error text=the%20session%20process.*signal%209 code=session-failed written=no$'
expect_record b '^FLR1 end result=failed written=no$'
hang_up a
hang_up b
expect_clean
tr -d '\0' <"$disk_file" | cmp - /dev/null || fail "the disk is changed"

echo "# before go, and nobody comes"
start_flash ramfs
kill_session
expect_clean 40

echo "# in the middle of a stream, and the same again"
start_flash stream
# shellcheck disable=SC2086
attach a $serve
wait_until 20 [ -s "$scratch/a.exit" ] || fail "the rehearsal keeps its channel"
# shellcheck disable=SC2086
attach b $slowly
wait_until 20 has_record b '^FLR1 ready$' || fail "not ready"
request go $session_id >/dev/null || fail "go"
wait_until 20 has_progress b copy 15000000 || fail "no copy"
kill_session
expect_restart
request status | grep -q 'state=writing attached=no' ||
  fail "status: $(request status)"
# shellcheck disable=SC2086
attach c $slowly
expect_record c '^FLR1 hello .* state=writing$'
expect_record c 'session%20process%20was%20killed%20by%20signal%209%20while'
expect_record c 'text=going%20on%20at%20offset%20[1-9]'
kill_session
expect_restart

echo "# what was said of the write is forgotten: the journal knows"
sed -i '/^FLR1 phase name=copy/d; /^FLR1 state /d' "$ram_root/status"
kill_session
expect_restart
# shellcheck disable=SC2086
attach d $serve
expect_end d

echo "# while it is stopped, it still is; while it reads back, it does so again"
start_flash ramfs
# shellcheck disable=SC2086
attach a $serve
wait_until 30 has_record a '^FLR1 ready$' || fail "$(cat "$scratch/records.a")"
rm "$ram_root/bin/dd"
printf '#!/bin/busybox sh\necho "a bad card" >&2\nexit 1\n' >"$ram_root/bin/dd"
chmod 755 "$ram_root/bin/dd"
request go $session_id >/dev/null || fail "go"
wait_until 60 has_record a '^FLR1 state name=stopped$' ||
  fail "not stopped: $(cat "$scratch/records.a")"
kill_session
expect_restart
wait_until 10 eval "request status | grep -q state=stopped" ||
  fail "status: $(request status)"
rm "$ram_root/bin/dd"
ln -s busybox "$ram_root/bin/dd"
attach b
expect_record b '^FLR1 hello .* state=stopped$'
wait_until 10 eval "[ \"\$(grep -c state.name=stopped \"$scratch/records.b\")\" -ge 2 ]" ||
  fail "it does not wait: $(cat "$scratch/records.b")"
[ "$(request go $session_id)" = ok ] || fail "go"
wait_until 40 has_record b '^FLR1 phase name=read-back$' ||
  fail "no read-back: $(cat "$scratch/records.b")"
kill_session
expect_restart
attach c
expect_end c

echo "# the guardian is killed: the session goes on without"
start_flash ramfs
# shellcheck disable=SC2086
attach a $serve
wait_until 30 has_record a '^FLR1 ready$' || fail "$(cat "$scratch/records.a")"
kill -9 "$guardian"
request go $session_id >/dev/null || fail "go"
expect_end a

echo "# one that dies at once each time is given up"
start_flash ramfs
# Without /dev/null flash.sh would end too, and a living session clean up.
kill -STOP "$guardian"
kill_session
rm "$ram_root/dev/null"
kill -CONT "$guardian"
wait_until 30 [ ! -d "/proc/$guardian" ] || fail "the guardian never gives up"
tail -n 1 "$ram_root/status" |
  grep -q '^FLR1 error text=the%20session%20process%20died%20again' ||
  fail "it said: $(cat "$ram_root/status")"
pkill -9 -x flash-pins
wait_until 10 eval "! pgrep -f 'flash-helper|flash.sh' >/dev/null" ||
  fail "somebody is left: $(pgrep -a -f 'flash-helper|flash.sh')"
make_session_file mode=ramfs "stored-digest=$digest"
deploy "$helper_dir/flash.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
request abort $session_id >/dev/null || fail "abort"
expect_clean
