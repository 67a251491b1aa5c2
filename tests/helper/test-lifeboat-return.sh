#!/bin/sh
# SPDX-License-Identifier: MIT
# However a session ends before the write, the board's sshd listens again; and the
# lifeboat on a port of its own.

. "$(dirname -- "$0")/lifeboat-side.sh"
enter_sandbox "$@"
make_disk 16777216
start_board openssh
cat >"$scratch/stand-in.sh" <<'END'
leave ()
{
  trap - TERM
  flash-helper lifeboat-release
  flash-helper say end result=failed written=no
  exit 1
}
case ${FLASH_UNDO:-} in ?*) leave ;; esac
trap leave TERM
flash-helper lifeboat-hold || flash-helper say note text=not-held
flash-helper say ready
sleep 1000 & wait $!
leave
END

expect_given_back ()
{
  wait_until 20 is_in_state "$daemon_pid" S || fail "$1: the sshd is stopped"
  login owner true || fail "$1: the owner does not get in any more"
}

expect_stopped ()
{
  wait_until 5 is_in_state "$daemon_pid" T || fail "the board's sshd goes on"
  grep -q not-held "$scratch/records.a" && fail "not held"
}

start ()
{
  expect_deployed "$scratch/stand-in.sh"
  attach a
  expect_record a '^FLR1 ready$'
}

echo "# SIGTERM for the session process"
start
expect_stopped
kill "$(cat "$ram_root/pid")"
expect_given_back SIGTERM
hang_up a
expect_clean

echo "# flash.sh killed"
start
expect_stopped
pkill -9 -f -x 'busybox sh /flash.sh' || fail "pkill"
expect_given_back "flash.sh killed"
hang_up a
expect_clean

echo "# more connections than there is room for are closed, and places come free"
start
expect_stopped
for n in 1 2 3 4 5 6 7 8; do
  login boat 'echo in; exec sleep 100' >"$scratch/in.$n" 2>/dev/null &
done
for n in 1 2 3 4 5 6 7 8; do
  wait_until 30 grep -q in "$scratch/in.$n" || fail "connection $n"
done
login boat true 2>/dev/null && fail "a ninth connection"
pkill -x ssh
wait_until 20 login boat true 2>/dev/null || fail "no place comes free"

echo "# the session process killed"
kill_session
expect_given_back SIGKILL
hang_up a
expect_clean 40
expect_given_back "the undoing"

echo "# and its guardian with it"
start
expect_stopped
kill -9 "$(cat "$ram_root/guardian")" "$(cat "$ram_root/pid")"
expect_given_back "guardian killed"
hang_up a
pkill -9 -f -x 'busybox sh /flash.sh'
wait_until 5 is_in_state "$daemon_pid" S || fail "the sshd is stopped"

echo "# a port of its own"
lifeboat_port=$(pick_port 7)
start
grep -q not-held "$scratch/records.a" && fail "not held"
is_in_state "$daemon_pid" S || fail "the board's sshd is stopped for nothing"
login owner true || fail "the owner does not get in beside it"
ssh_port=$lifeboat_port login boat "$inside_helper" status 2>/dev/null |
  grep -q 'lifeboat=held' || fail "login: $(cat "$ram_root/lifeboat.log")"
kill "$(cat "$ram_root/pid")"
hang_up a
expect_clean
ssh_port=$lifeboat_port login boat true 2>/dev/null && fail "it still answers"

echo "# a port that somebody has"
lifeboat_port=$board_port
expect_deployed "$scratch/stand-in.sh"
attach b
expect_record b 'cannot%20listen%20on%20port.*--lifeboat-port'
expect_record b 'not-held'
kill "$(cat "$ram_root/pid")"
hang_up b
expect_clean

echo "# a connection whose daemon does not listen itself"
lifeboat_port=0
ssh_proxy="/usr/sbin/sshd -i -f $scratch/sshd_config"
deploy_lifeboat "$scratch/stand-in.sh" && fail "deployed"
ssh_proxy=
grep -q 'does not listen itself.*--lifeboat-port' "$scratch/deploy.err" ||
  fail "it said: $(cat "$scratch/deploy.err")"
expect_clean 1
expect_given_back "the end"
