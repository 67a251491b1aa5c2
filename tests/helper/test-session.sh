#!/bin/sh
# SPDX-License-Identifier: MIT
# The life of a session: who may attach, go, abort, status, and what is left.

. "$(dirname -- "$0")/session-side.sh"
enter_sandbox "$@"
make_disk 16777216

# In flash.sh's place: says what flash.sh would, does nothing.
cat >"$scratch/stand-in.sh" <<'END'
trap 'flash-helper say end result=aborted written=no; exit 1' TERM
echo words of a tool >&2
flash-helper say ready
flash-helper wait-for-go || exit 1
flash-helper say phase name=copy
flash-helper say progress phase=copy done=4096 total=8192
case $FLASH_IMAGE in
  killed*) kill -9 $$ ;;
  long*) sleep 1000 ;;
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

echo "# done"
start
attach a
expect_record a "^FLR1 hello protocol=1 session=$session_id helper=.* state="
expect_record a '^FLR1 note text=words%20of%20a%20tool$'
expect_record a '^FLR1 ready$'
request status | grep -q "^FLR1 session session=$session_id state=ready\
 attached=yes mode=ramfs target=$disk_number image=test.img .* done=0\$" ||
  fail "status: $(request status)"

echo "# a second client is refused, and the first stays"
attach b
wait_until 10 [ -s "$scratch/b.exit" ] || fail "the second attach hangs"
[ "$(cat "$scratch/b.exit")" = 1 ] || fail "the second attach was accepted"
expect_record b 'a client is attached already'
hang_up b

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
hang_up a
expect_clean

echo "# the client goes away before go: nothing is left"
start
attach a
expect_record a '^FLR1 ready$'
hang_up a
expect_clean

echo "# the attach process is killed before go: nothing is left"
start
attach a
expect_record a '^FLR1 ready$'
pkill -x -f "$ram_root/bin/flash-helper attach -r $ram_root" || fail "pkill"
expect_clean
hang_up a

echo "# the client goes away while writing: the session stays, another attaches"
start image=long.img
attach a
expect_record a '^FLR1 ready$'
request go $session_id >/dev/null || fail "go"
expect_record a 'name=copy'
hang_up a
sleep 2
request status | grep -q 'state=writing attached=no .* done=4096' ||
  fail "status: $(request status)"
attach b
expect_record b '^FLR1 hello .* state=writing$'
expect_record b '^FLR1 ready$'
expect_record b '^FLR1 progress phase=copy done=4096'
request abort $session_id 2>"$scratch/err" && fail "abort while writing"
grep -q 'too late' "$scratch/err" || fail "abort: $(cat "$scratch/err")"

echo "# flash.sh is killed while writing: failed, and it says so"
pkill -9 -f -x 'busybox sh /flash.sh' || fail "pkill"
expect_record b '^FLR1 error text=flash.sh%20was%20killed.* written=partial$'
expect_record b '^FLR1 end result=failed written=partial$'
hang_up b
sleep 1
request status | grep -q 'state=failed' || fail "status: $(request status)"
pgrep -x sleep -a | grep -q 'sleep 1000' && fail "its child lives on"
request abort $session_id >/dev/null || fail "a failed session must go"
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
