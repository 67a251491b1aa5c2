#!/bin/bash
# SPDX-License-Identifier: MIT
# check-faults.sh [TOTAL [SEED]]
# check-faults.sh --list TOTAL SEED
#
# The fault campaign: TOTAL cuts (100 by default) at random moments, four a flash,
# three flashes in stream mode to two in ramfs mode, BOARD_JOBS boards at a time;
# then a link that is down for ten minutes.  At the end, how often each kind
# happened and what was sent again.  --list: only name the flashes.

set -euo pipefail
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/test-runner.sh"

cuts_a_flash=4

main ()
{
  if [ "${1:-}" = --list ]; then
    list_flashes "$2" "$3"
    return
  fi
  local total=${1:-100} seed=${2:-$RANDOM} status=0 logs=$BOARD_LAB_DIR/logs-faults
  lab_say "$total cuts, seed $seed"
  "$LAB_SCRIPTS/prepare-lab.sh" 1024 256
  run_board_tests "${BOARD_JOBS:-2}" "$logs" < <(
    echo "FAULT_KINDS=link-down-long test-e2e-faults.sh $((seed + 100000)) stream 1"
    list_flashes "$total" "$seed"
  ) || status=$?
  summarize "$logs"
  return "$status"
}

# Consecutive seeds deal out all kinds in turn (choose-cuts.awk).  Every fifth
# flash has the little memory of a small board.
list_flashes ()
{
  local left=$1 seed=$2 index=0 cuts
  local modes=(stream stream stream ramfs ramfs)
  while [ "$left" -gt 0 ]; do
    cuts=$((left < cuts_a_flash ? left : cuts_a_flash))
    echo "test-e2e-faults.sh $((seed + index)) ${modes[index % 5]} $cuts $((index % 5 == 2 ? 256 : 1024))"
    left=$((left - cuts))
    index=$((index + 1))
  done
}

summarize ()
{
  sed -n 's/^[^ ]*: cuts: //p' "$1"/*.log | awk '
    { flashes++
      for (i = 1; i <= NF; i++) {
        split($i, word, "=")
        if (word[1] == "kinds") {
          n = split(word[2], kind, ",")
          for (j = 1; j <= n; j++) { count[kind[j]]++; cuts++ }
        }
        if (word[1] == "bytes-again") { again += word[2]; if (word[2] > most) most = word[2] }
        if (word[1] == "runs") runs += word[2]
      } }
    END {
      printf "%d cuts in %d finished flashes, the client was started %d times; sent again: %d bytes, at most %d in a flash\n",
        cuts, flashes, runs, again, most
      for (k in count) printf "  %-20s %d\n", k, count[k] | "sort"
    }'
}

main "$@"
