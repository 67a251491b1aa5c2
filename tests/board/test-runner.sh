# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Runs board tests several at a time, each with its own log and in a process group
# of its own, so that all of it can be stopped.  Sourced after lab.sh.
#
#   run_board_tests JOBS LOGS     stdin: one line a test, SCRIPT ARGUMENT...
#                                 (a word NAME=VALUE before it: its environment)
#
# Exit status 1 if one failed; the last lines are in automake's words, which
# ./bootstrap check adds up.

declare -A test_of_pid=() start_of_pid=()
tests_passed=0 tests_failed=()

run_board_tests ()
{
  local jobs_at_once=$1 start=$SECONDS test
  test_logs=$2
  trap 'stop_tests' EXIT
  rm -rf "$test_logs"
  mkdir -p "$test_logs"
  while read -r test; do
    [ ${#test_of_pid[@]} -lt "$jobs_at_once" ] || collect_test
    start_test "$test"
  done
  while [ ${#test_of_pid[@]} -gt 0 ]; do collect_test; done
  lab_say "$tests_passed passed, ${#tests_failed[@]} failed in $((SECONDS - start)) s"
  echo "Testsuite summary for virtual boards"
  printf '# %s %d\n' TOTAL: $((tests_passed + ${#tests_failed[@]})) \
    PASS: "$tests_passed" FAIL: "${#tests_failed[@]}" ERROR: 0
  [ ${#tests_failed[@]} -eq 0 ] || {
    lab_say "failed: ${tests_failed[*]} (logs in $test_logs)" >&2
    return 1
  }
}

start_test ()
{
  local name words settings=()
  read -r -a words <<<"$1"
  while [[ ${words[0]} = *=* ]]; do
    settings+=("${words[0]}")
    words=("${words[@]:1}")
  done
  name=${1// /-}
  name=${name//\.sh/}
  name=${name//test-/}
  env "${settings[@]}" setsid "$LAB_SCRIPTS/${words[0]}" "${words[@]:1}" \
    >"$test_logs/$name.log" 2>&1 </dev/null &
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
    tests_passed=$((tests_passed + 1))
    lab_say "PASS  $name  $((SECONDS - start_of_pid[$pid])) s"
    sed -n 's/^[^ ]*: \(cuts: \|reset: \)/    \1/p' "$test_logs/$name.log"
  else
    tests_failed+=("$name")
    lab_say "FAIL  $name  $((SECONDS - start_of_pid[$pid])) s (exit status $status)"
    tail -n 25 "$test_logs/$name.log" | sed 's/^/    /'
  fi
}

stop_tests ()
{
  local pid
  for pid in "${!test_of_pid[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || :; done
  wait
}
