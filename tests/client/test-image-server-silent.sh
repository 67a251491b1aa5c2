#!/bin/sh
# SPDX-License-Identifier: MIT
# An image server that takes connections and says nothing is given up, and an interrupt does not wait for that.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
# shellcheck source=tests/client/image-servers.sh
. "$(dirname "$0")/image-servers.sh"
requires python3 -c 'import socket'
client=$top_builddir/client/flash-live-remote

free_port
python3 - "$port" >"$scratch/server.log" 2>&1 <<'END' &
import socket, sys, time
s = socket.create_server(('127.0.0.1', int(sys.argv[1])))
kept = []
while True:
    kept.append(s.accept())
END
cleanup_process $!
await_server $!

"$client" images "nbd://127.0.0.1:$port" >"$scratch/table" 2>"$scratch/said" &
impatient=$!
sleep 1
kill -INT $impatient
for _ in $(seq 50); do
  kill -0 $impatient 2>/dev/null || break
  sleep 0.1
done
status=0
wait $impatient || status=$?
[ "$status" -eq 3 ] || fail "interrupted: exit status $status"
grep -q interrupted "$scratch/said" || fail "$(cat "$scratch/said")"

start=$(date +%s)
status=0
"$client" --dry-run root@nowhere.invalid "nbd://127.0.0.1:$port/x" \
  >"$scratch/table" 2>"$scratch/said" </dev/null || status=$?
[ "$status" -eq 3 ] || fail "exit status $status: $(cat "$scratch/said")"
grep -q "says nothing" "$scratch/said" || fail "$(cat "$scratch/said")"
[ $(($(date +%s) - start)) -lt 120 ] || fail "it took too long"
