#!/bin/sh
# SPDX-License-Identifier: MIT
# The session process is killed in the middle of a write, while the lifeboat holds
# the board's port: its key gets in again within seconds, and the write goes on
# through it.  The whole flash.sh, in stream mode.

. "$(dirname -- "$0")/lifeboat-side.sh"
requires nbdkit --version
enter_sandbox "$@"
size=$((48 * 1048576))
make_disk $size
head -c $size /dev/urandom >"$scratch/image"
session_mode=stream
start_board openssh
serve="nbdkit --single --readonly file $scratch/image"
slowly="nbdkit --single --readonly --filter=rate file $scratch/image rate=128M\
 burstiness=0.2"

has_progress ()
{
  sed -n 's/^FLR1 progress phase=copy done=\([0-9]*\) .*/\1/p' \
    "$scratch/records.$1" | tail -n 1 |
    { read -r bytes && [ "$bytes" -ge "$2" ]; }
}

expect_deployed "$helper_dir/flash.sh"
# shellcheck disable=SC2086 # words
attach a $serve
wait_until 30 [ -s "$scratch/a.exit" ] || fail "the rehearsal keeps its channel"
request lifeboat-open $session_id >/dev/null || fail "open"
[ "$(inside lifeboat-close $session_id 2>/dev/null)" = ok ] || fail "close"
lifeboat_is closed || fail "status: $(request status)"

echo "# the write, through the lifeboat"
request lifeboat-open $session_id >/dev/null || fail "open"
attach_by='login boat'
# shellcheck disable=SC2086
attach b $slowly
expect_record b '^FLR1 hello .* state=ready$'
[ "$(inside go $session_id 2>/dev/null)" = ok ] || fail "go"
wait_until 30 has_progress b 15000000 ||
  fail "no copy: $(cat "$scratch/records.b")"
lifeboat_is held || fail "status: $(request status)"
is_in_state "$daemon_pid" T || fail "the board's sshd goes on"

for client in c d; do
  echo "# the session process is killed: the key gets in again"
  kill_session
  wait_until 5 lifeboat_is held || fail "status: $(request status)"
  is_in_state "$daemon_pid" T || fail "the board's sshd goes on"
  login boat true 2>"$scratch/err" || fail "no login: $(cat "$scratch/err")"
  login owner true 2>/dev/null && fail "the owner gets in"
  # shellcheck disable=SC2086
  attach $client $slowly
  expect_record $client '^FLR1 hello .* state=writing$'
  expect_record $client 'session%20process%20was%20killed%20by%20signal%209'
  expect_record $client 'text=going%20on%20at%20offset%20[1-9]'
done
wait_until 60 has_record d '^FLR1 end result=done written=yes$' ||
  fail "no end: $(cat "$scratch/records.d")"
hang_up d
expect_clean
cmp "$scratch/image" "$disk_file" || fail "the disk is not the image"
wait_until 5 is_in_state "$daemon_pid" S || fail "the board's sshd is stopped"
login owner true || fail "the owner does not get in any more"
