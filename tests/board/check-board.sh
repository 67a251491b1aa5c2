#!/bin/bash
# SPDX-License-Identifier: MIT
# check-board.sh [JOBS]
#
# Runs test-e2e-flash.sh for every mode, format and kind of user, JOBS boards at
# a time (2 by default), each with its own log, then says what passed.

set -euo pipefail
. "$(dirname "$0")/lab.sh"

jobs_at_once=${1:-${BOARD_JOBS:-2}}
logs=$BOARD_LAB_DIR/logs
declare -A test_of_pid=() start_of_pid=()
passed=0 failed=()

main ()
{
  local start=$SECONDS test
  trap 'stop_tests' EXIT
  rm -rf "$logs"
  mkdir -p "$logs"
  "$LAB_SCRIPTS/prepare-lab.sh" 1024 256
  while read -r test; do
    [ ${#test_of_pid[@]} -lt "$jobs_at_once" ] || collect_test
    start_test "$test"
  done < <(list_tests)
  while [ ${#test_of_pid[@]} -gt 0 ]; do collect_test; done
  lab_say "$passed passed, ${#failed[@]} failed in $((SECONDS - start)) s"
  # The same in automake's words, which ./bootstrap check adds up.
  printf '# %s %d\n' TOTAL: $((passed + ${#failed[@]})) PASS: "$passed" FAIL: "${#failed[@]}"
  [ ${#failed[@]} -eq 0 ] || lab_die "failed: ${failed[*]} (logs in $logs)"
}

# The board with the least memory goes first: it takes the longest.
list_tests ()
{
  local mode format user
  echo "stream xz root 256"
  for mode in stream ramfs; do
    for format in img xz gz; do
      for user in root pi; do echo "$mode $format $user 1024"; done
    done
  done
}

# In a process group of its own, so that all of it can be stopped.
start_test ()
{
  local name=${1// /-} words
  read -r -a words <<<"$1"
  setsid "$LAB_SCRIPTS/test-e2e-flash.sh" "${words[@]}" >"$logs/$name.log" 2>&1 </dev/null &
  test_of_pid[$!]=$name
  start_of_pid[$!]=$SECONDS
}

collect_test ()
{
  local pid status=0 name
  wait -n -p pid "${!test_of_pid[@]}" || status=$?
  name=${test_of_pid[$pid]}
  unset "test_of_pid[$pid]"
  if [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
    lab_say "PASS  $name  $((SECONDS - start_of_pid[$pid])) s"
  else
    failed+=("$name")
    lab_say "FAIL  $name  $((SECONDS - start_of_pid[$pid])) s (exit status $status)"
    tail -n 25 "$logs/$name.log" | sed 's/^/    /'
  fi
}

stop_tests ()
{
  local pid
  for pid in "${!test_of_pid[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || :; done
  wait
}

main
