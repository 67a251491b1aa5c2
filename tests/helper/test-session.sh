#!/bin/sh
# SPDX-License-Identifier: MIT
# The life of a session: who may attach, go, abort, status, and what is left.

. "$(dirname -- "$0")/session-side.sh"
enter_sandbox "$@"
make_disk 16777216

# In flash.sh's place: says what flash.sh would, does nothing.
cat >"$scratch/stand-in.sh" <<'END'
trap 'flash-helper say end result=aborted written=no; exit 1' TERM
if [ -n "${FLASH_UNDO:-}" ]; then
  flash-helper say note text=undone
  flash-helper say end "result=$FLASH_UNDO" written=no
  exit 1
fi
case ${FLASH_RESUME:-no} in
  no)
    echo words of a tool >&2
    flash-helper say ready
    flash-helper wait-for-go || exit 1
    ;;
  stopped)
    flash-helper say state name=stopped
    flash-helper wait-for-go || exit 1
    ;;
esac
flash-helper say phase name=copy
flash-helper say progress phase=copy done=4096 total=8192
case $FLASH_IMAGE in
  killed*) kill -9 $$ ;;
  long*) sleep 1000 ;;
  stops*)
    flash-helper say error "text=a bad card" written=partial
    flash-helper say state name=stopped
    flash-helper wait-for-go
    flash-helper say phase name=copy
    ;;
esac
flash-helper say end result=done written=yes
END

start ()
{
  make_session_file "$@"
  deploy "$scratch/stand-in.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
  grep -qx "FLR1-DEPLOYED $session_id" "$scratch/deploy.out" ||
    fail "deploy said: $(cat "$scratch/deploy.out")"
}

expect_status ()
{
  wait_until 10 eval "request status | grep -q '$1'" ||
    fail "status: $(request status)"
}

# Client $1 has $2 records like $3.
has_records ()
{
  [ "$(grep -c -- "$3" "$scratch/records.$1")" = "$2" ]
}

kill_script ()
{
  pkill -9 -f -x 'busybox sh /flash.sh' || fail "pkill"
}

echo "# done"
start
attach a
expect_record a "^FLR1 hello protocol=1 session=$session_id helper=.* state="
expect_record a '^FLR1 note text=words%20of%20a%20tool$'
expect_record a '^FLR1 ready$'
request status | grep -q "^FLR1 session session=$session_id state=ready\
 attached=yes mode=ramfs target=$disk_number target-name=${disk#/dev/}\
 target-size=$disk_size root-disk=no reboot=no image=test.img format=raw\
 stored-size=$disk_size disk-size=$disk_size stored-digest=0* verify=full\
 patch=none patch-options=none lifeboat=no phase= done=0 total=0\$" ||
  fail "status: $(request status)"

echo "# a second client is refused, and the first stays"
attach b
wait_until 10 [ -s "$scratch/b.exit" ] || fail "the second attach hangs"
[ "$(cat "$scratch/b.exit")" = 1 ] || fail "the second attach was accepted"
expect_record b 'a client is attached already'
hang_up b
# Which tells sshd, if that client has gone without a word.
expect_record a 'another%20client%20wanted'

echo "# a second deployment is refused, and says who is there"
deploy "$scratch/stand-in.sh"
status=$?
[ "$status" = 10 ] || fail "a second deployment ended with $status"
grep -q "session=$session_id state=ready" "$scratch/deploy.err" ||
  fail "it said: $(cat "$scratch/deploy.err")"

echo "# go belongs to its session"
request go fedcba9876543210 2>"$scratch/err" && fail "go to another session"
grep -q 'another session' "$scratch/err" || fail "go: $(cat "$scratch/err")"
[ "$(request go $session_id)" = ok ] || fail "go"
expect_record a '^FLR1 progress phase=copy done=4096'
expect_record a '^FLR1 end result=done written=yes$'
hang_up a
expect_clean

echo "# abort"
start
attach a
expect_record a '^FLR1 ready$'
[ "$(request abort $session_id)" = ok ] || fail "abort"
expect_record a '^FLR1 end result=aborted written=no$'
has_record a 'text=Terminated' && fail "the shell tells of its child's end"
hang_up a
expect_clean

echo "# the client goes away before go: the session waits, another one goes on"
start
attach a
expect_record a '^FLR1 ready$'
hang_up a
expect_status 'state=ready attached=no'
attach b
expect_record b '^FLR1 hello .* state=ready$'
expect_record b '^FLR1 ready$'
[ "$(request go $session_id)" = ok ] || fail "go"
expect_record b '^FLR1 end result=done written=yes$'
hang_up b
expect_clean

echo "# the attach process is killed before go: the same; abort needs no client"
start
attach a
expect_record a '^FLR1 ready$'
pkill -x -f "$ram_root/bin/flash-helper attach -r $ram_root" || fail "pkill"
expect_status 'state=ready attached=no'
[ "$(request abort $session_id)" = ok ] || fail "abort"
expect_clean
hang_up a

echo "# abandon before go is abort; without a client too"
start
expect_status 'state=ready attached=no'
request abandon fedcba9876543210 2>"$scratch/err" && fail "another session"
grep -q 'another session' "$scratch/err" || fail "abandon: $(cat "$scratch/err")"
attach a
expect_record a '^FLR1 ready$'
[ "$(request abandon $session_id)" = ok ] || fail "abandon"
expect_record a '^FLR1 end result=aborted written=no$'
hang_up a
expect_clean

echo "# flash.sh is killed before go: another one undoes"
start
attach a
expect_record a '^FLR1 ready$'
kill_script
expect_record a '^FLR1 error text=flash.sh%20was%20killed.* written=no$'
expect_record a '^FLR1 note text=undone$'
expect_record a '^FLR1 end result=failed written=no$'
hang_up a
expect_clean

echo "# the client goes away while writing: the session stays, another attaches"
start image=long.img
attach a
expect_record a '^FLR1 ready$'
request go $session_id >/dev/null || fail "go"
expect_record a 'name=copy'
hang_up a
expect_status 'state=writing attached=no .* phase=copy done=4096 total=8192'
attach b
expect_record b '^FLR1 hello .* state=writing$'
expect_record b '^FLR1 ready$'
expect_record b '^FLR1 progress phase=copy done=4096'
request abort $session_id 2>"$scratch/err" && fail "abort while writing"
grep -q 'too late' "$scratch/err" || fail "abort: $(cat "$scratch/err")"

echo "# the last process to be killed when memory is short: all of them"
# Not every sandbox may say so.
wanted=$(sh -c 'echo -1000 >/proc/$$/oom_score_adj; cat /proc/$$/oom_score_adj' \
  2>/dev/null)
for pid in $(pgrep -x flash-helper) $(pgrep -f -x 'busybox sh /flash.sh') \
  $(pgrep -f -x 'sleep 1000'); do
  case $(tr '\0' ' ' <"/proc/$pid/cmdline") in
    *attach* | 'sleep 1000 ') continue ;;       # the client's
  esac
  [ "$(cat "/proc/$pid/oom_score_adj")" = "$wanted" ] ||
    fail "oom_score_adj of $(cat "/proc/$pid/comm")"
done

echo "# flash.sh is killed while writing: it goes on, and leaves nobody behind"
sleeping=$(pgrep -P "$(pgrep -f -x 'busybox sh /flash.sh')")
[ -n "$sleeping" ] || fail "no child"
kill_script
expect_record b '^FLR1 note text=flash.sh%20was%20killed'
wait_until 10 has_records b 2 'phase name=copy' ||
  fail "it does not go on: $(cat "$scratch/records.b")"
expect_status 'state=writing'
[ ! -d "/proc/$sleeping" ] || fail "its child lives on"

echo "# abandon while another disk is written: it ends there"
[ "$(request abandon $session_id)" = ok ] || fail "abandon"
expect_record b '^FLR1 error text=abandoned.* written=partial$'
expect_record b '^FLR1 end result=failed written=partial$'
hang_up b
expect_clean

echo "# what is killed again and again stops, and may be aborted then"
start image=killed.img
attach a
expect_record a '^FLR1 ready$'
request go $session_id >/dev/null || fail "go"
expect_record a '^FLR1 state name=stopped$'
expect_status 'state=stopped'
[ "$(grep -c 'text=flash.sh%20was%20killed' "$scratch/records.a")" = 6 ] ||
  fail "restarts: $(cat "$scratch/records.a")"
[ "$(request abort $session_id)" = ok ] || fail "abort"
expect_record a '^FLR1 end result=failed written=partial$'
hang_up a
expect_clean

echo "# stopped: go is taken again"
start image=stops.img
attach a
expect_record a '^FLR1 ready$'
request go $session_id >/dev/null || fail "go"
expect_record a '^FLR1 state name=stopped$'
hang_up a
expect_status 'state=stopped attached=no'
attach b
expect_record b '^FLR1 hello .* state=stopped$'
expect_record b '^FLR1 error text=a%20bad%20card written=partial$'
[ "$(request go $session_id)" = ok ] || fail "go"
expect_record b '^FLR1 end result=done written=yes$'
[ "$(grep -c 'phase name=copy' "$scratch/records.b")" = 2 ] ||
  fail "the second try is not said: $(cat "$scratch/records.b")"
hang_up b
expect_clean

echo "# flash.sh is killed while it is stopped: it still is"
start image=stops.img
attach a
expect_record a '^FLR1 ready$'
request go $session_id >/dev/null || fail "go"
expect_record a '^FLR1 state name=stopped$'
kill_script
wait_until 10 has_records a 2 'name=stopped' ||
  fail "it is not stopped again: $(cat "$scratch/records.a")"
[ "$(request abandon $session_id)" = ok ] || fail "abandon"
hang_up a
expect_clean

echo "# a wrong target is refused"
make_session_file root-disk=yes
deploy "$scratch/stand-in.sh" && fail "root-disk=yes on a loop device"
grep -q 'is not on this disk; refused' "$scratch/deploy.err" ||
  fail "it said: $(cat "$scratch/deploy.err")"
expect_clean 1
make_session_file target-size=16777728
deploy "$scratch/stand-in.sh" && fail "a disk of another size"
grep -q 'not the size' "$scratch/deploy.err" ||
  fail "it said: $(cat "$scratch/deploy.err")"
expect_clean 1
mkfs.ext4 -q "$disk"
mkdir "$scratch/mnt"
mount "$disk" "$scratch/mnt" || fail "mount"
make_session_file
deploy "$scratch/stand-in.sh" && fail "a mounted disk"
umount "$scratch/mnt"
grep -q 'is mounted on' "$scratch/deploy.err" ||
  fail "it said: $(cat "$scratch/deploy.err")"
expect_clean 1
