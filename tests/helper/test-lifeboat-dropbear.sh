#!/bin/sh
# SPDX-License-Identifier: MIT
# The lifeboat where the board's ssh daemon is dropbear.

. "$(dirname -- "$0")/lifeboat-side.sh"
enter_sandbox "$@"
make_disk 16777216
start_board dropbear
make_stand_in

expect_deployed "$scratch/stand-in.sh"
[ "$(request lifeboat-open "$session_id")" = ok ] || fail "open"
wait_until 5 is_in_state "$daemon_pid" T || fail "the board's dropbear goes on"
inside status >"$scratch/out" 2>"$scratch/err" ||
  fail "login: $(cat "$scratch/err" "$ram_root/lifeboat.log")"
grep -q 'lifeboat=open' "$scratch/out" || fail "$(cat "$scratch/out")"
grep -q 'about to overwrite' "$scratch/err" || fail "banner: $(cat "$scratch/err")"

echo "# others do not get in"
for key in owner somebody; do
  login $key true 2>"$scratch/err" && fail "$key got in"
  grep -q 'Permission denied' "$scratch/err" || fail "$key: $(cat "$scratch/err")"
done
login boat -N -R 0:127.0.0.1:1 -o ExitOnForwardFailure=yes 2>/dev/null &&
  fail "forwarding works"

echo "# given back"
[ "$(inside lifeboat-close "$session_id" 2>/dev/null)" = ok ] || fail "close"
wait_until 5 is_in_state "$daemon_pid" S || fail "the board's dropbear is stopped"
login owner true || fail "the owner does not get in any more"
login boat true 2>/dev/null && fail "the session's key still opens the board"
request abort "$session_id" >/dev/null || fail "abort"
expect_clean
login owner true || fail "the owner does not get in any more"
