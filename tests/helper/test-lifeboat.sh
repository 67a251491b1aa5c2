#!/bin/sh
# SPDX-License-Identifier: MIT
# The lifeboat on the board's own port: who gets in, who is turned away, and that
# the board's sshd answers again afterwards.

. "$(dirname -- "$0")/lifeboat-side.sh"
enter_sandbox "$@"
make_disk 16777216
start_board openssh
cat >"$scratch/stand-in.sh" <<'END'
leave ()
{
  flash-helper lifeboat-release
  flash-helper say end result=aborted written=no
  exit 1
}
trap leave TERM
flash-helper say ready
flash-helper wait-for-go || exit 1
flash-helper lifeboat-hold || flash-helper say note text=not-held
flash-helper say note text=held
sleep 1000 & wait $!
END
listener=$daemon_pid

echo "# deployment through the board's sshd"
expect_deployed "$scratch/stand-in.sh"
attach a
expect_record a '^FLR1 ready$'
lifeboat_is closed || fail "status: $(request status)"
login boat true 2>/dev/null && fail "the board's sshd knows the session's key"
request go $session_id 2>"$scratch/err" && fail "go without a proof"
grep -q 'through the lifeboat' "$scratch/err" || fail "$(cat "$scratch/err")"
request lifeboat-open fedcba9876543210 2>/dev/null && fail "another session's"
request lifeboat-hold 2>"$scratch/err" && fail "hold from outside"
request lifeboat-close $session_id 2>"$scratch/err" && fail "close from outside"
grep -q 'not come through' "$scratch/err" || fail "$(cat "$scratch/err")"

echo "# open: the session's key gets in, on the board's port"
[ "$(request lifeboat-open $session_id)" = ok ] || fail "open"
lifeboat_is open || fail "status: $(request status)"
wait_until 5 is_in_state "$listener" T || fail "the board's sshd goes on"
login boat 'echo "$PATH"; cat /etc/passwd; ls /dev' >"$scratch/out" \
  2>"$scratch/err" || fail "login: $(cat "$scratch/err" "$ram_root/lifeboat.log")"
grep -q '^root:\*:0:0' "$scratch/out" || fail "where is it? $(cat "$scratch/out")"
grep -q target "$scratch/out" || fail "its /dev: $(cat "$scratch/out")"
grep -q 'about to overwrite' "$scratch/err" || fail "banner: $(cat "$scratch/err")"
inside status | grep -q "session=$session_id .*lifeboat=open " ||
  fail "status inside"
[ "$(login boat 'cd /root && echo $PWD; exit 7')" = /root ] || fail "/root"
login boat 'exit 7' 2>/dev/null
[ $? = 7 ] || fail "the exit status is lost"

echo "# others do not get in, and hear why"
for key in owner somebody; do
  login $key true 2>"$scratch/err" && fail "$key got in"
  grep -q 'Only the key of this session' "$scratch/err" ||
    fail "$key: $(cat "$scratch/err")"
  grep -q 'Permission denied' "$scratch/err" || fail "$key: $(cat "$scratch/err")"
done
login boat -N -R 0:127.0.0.1:1 -o ExitOnForwardFailure=yes 2>/dev/null &&
  fail "forwarding works"

echo "# descriptors do not leak into it"
login boat 'ls -l /proc/$$/fd /proc/$PPID/fd; true' >"$scratch/out" 2>/dev/null
grep -Ev '/proc/|^total|^$|/dev/null|pipe:|socket:|lifeboat.log|/dev/urandom' \
  "$scratch/out" >"$scratch/leaks"
[ -s "$scratch/leaks" ] && fail "open in the lifeboat: $(cat "$scratch/out")"

echo "# close: who is connected stays so, and the board's sshd answers again"
mkfifo "$scratch/talk"
login boat 'cat; echo ended' <"$scratch/talk" >"$scratch/stays" 2>/dev/null &
exec 7>"$scratch/talk"
echo first >&7
wait_until 20 grep -q first "$scratch/stays" || fail "no connection that stays"
[ "$(inside lifeboat-close $session_id 2>/dev/null)" = ok ] || fail "close"
lifeboat_is closed || fail "status: $(request status)"
wait_until 5 is_in_state "$listener" S || fail "the board's sshd is stopped"
login owner true || fail "the owner does not get in any more"
login boat true 2>/dev/null && fail "the session's key still opens the board"
echo second >&7
wait_until 20 grep -q second "$scratch/stays" || fail "the connection was cut"

echo "# go comes from inside only"
request go $session_id 2>"$scratch/err" && fail "go from outside"
grep -q 'did not come through' "$scratch/err" || fail "$(cat "$scratch/err")"
request lifeboat-open $session_id >/dev/null || fail "open again"
[ "$(inside go $session_id 2>/dev/null)" = ok ] || fail "go from inside"
expect_record a 'text=held'
grep -q not-held "$scratch/records.a" && fail "not held"
lifeboat_is held || fail "status: $(request status)"

echo "# held: it lets in when the old root is out of reach"
login_shell=$(readlink -f "$(sed -n 's/^root:.*://p' /etc/passwd)")
mount -t tmpfs tmpfs /usr/sbin && mount --bind /dev/null "$login_shell" ||
  fail "the old root cannot be hidden"
inside status >"$scratch/out" 2>"$scratch/err"
status=$?
umount "$login_shell" && umount /usr/sbin || fail "umount"
[ $status = 0 ] ||
  fail "login: $(cat "$scratch/err" "$ram_root/lifeboat.log")"
grep -q 'lifeboat=held' "$scratch/out" || fail "$(cat "$scratch/out")"
[ "$(inside lifeboat-close $session_id 2>/dev/null)" = ok ] || fail "close, held"
lifeboat_is held || fail "close ends what flash.sh holds"

echo "# the end: nothing is left, and who was connected is not"
login boat 'sleep 4321' 2>/dev/null &
wait_until 20 pgrep -f '^sleep 4321' >/dev/null || fail "no command inside"
request abort $session_id >/dev/null || fail "abort"
expect_record a 'result=aborted'
hang_up a
expect_clean
exec 7>&-
wait_until 5 is_in_state "$listener" S || fail "the board's sshd is stopped"
login owner true || fail "the owner does not get in any more"
pgrep -f '^sleep 4321' >/dev/null && fail "a command inside lives on"
exit 0
