#!/bin/sh
# SPDX-License-Identifier: MIT
# A session that nobody wants any more before anything was written ends by itself;
# one that is being written, or is stopped, never does.  With a helper for which
# half an hour takes three seconds.

FLASH_HELPER=$(pwd)/impatient-flash-helper
. "$(dirname -- "$0")/session-side.sh"
[ -x "$FLASH_HELPER" ] || skip "impatient-flash-helper is not built"
enter_sandbox "$@"
make_disk 16777216

cat >"$scratch/stand-in.sh" <<'END'
trap 'flash-helper say end result=aborted written=no; exit 1' TERM
case $FLASH_IMAGE in slow*)
  for done in 1 2 3 4 5 6 7 8; do
    flash-helper say progress phase=stage done=$done total=9
    sleep 1
  done
esac
flash-helper say ready
flash-helper wait-for-go || exit 1
flash-helper say phase name=copy
flash-helper say state name=stopped
flash-helper wait-for-go
END

start ()
{
  make_session_file "$@"
  deploy "$scratch/stand-in.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
}

echo "# nobody ever comes"
start
expect_clean

echo "# the client goes away and does not come back"
start
attach a
expect_record a '^FLR1 ready$'
hang_up a
sleep 1
request status | grep -q 'state=ready attached=no' || fail "it did not wait"
expect_clean

echo "# a client that says nothing"
start
attach a
expect_record a '^FLR1 error text=nothing%20happened.* written=no$'
expect_record a '^FLR1 end result=aborted written=no$'
hang_up a
expect_clean

echo "# a staging may be slow; a stopped session waits for ever"
start image=slow.img
attach a
wait_until 20 has_record a '^FLR1 ready$' || fail "$(cat "$scratch/records.a")"
request go $session_id >/dev/null || fail "go"
expect_record a '^FLR1 state name=stopped$'
hang_up a
sleep 5
request status | grep -q 'state=stopped attached=no' || fail "it did not wait"
request abandon $session_id >/dev/null || fail "abandon"
expect_clean
