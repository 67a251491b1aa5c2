#!/bin/bash
# SPDX-License-Identifier: MIT
# check-board.sh [JOBS]
#
# Runs the board tests, JOBS boards at a time (2 by default), each with its own
# log, then says what passed: a flash for every mode with every format (each of
# them with both kinds of user), 20 cuts over both modes and all kinds, what else
# needs a whole board, and flashes of other kinds of boards (board-kind.sh).

set -euo pipefail
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/test-runner.sh"

fault_seed=${BOARD_FAULT_SEED:-4104}

main ()
{
  local start=$SECONDS
  prepare_labs
  lab_say "the cuts' seed is $fault_seed"
  run_board_tests "${1:-${BOARD_JOBS:-2}}" "$BOARD_LAB_DIR/logs" < <(list_tests)
  lab_say "all of it took $((SECONDS - start)) s"
}

# The parts of all kinds are made at once: much of it is waiting for packages.
prepare_labs ()
{
  local pid makers=()
  BOARD_KIND=arm64 "$LAB_SCRIPTS/prepare-lab.sh" 1024 &
  makers+=("$!")
  BOARD_KIND=sd "$LAB_SCRIPTS/prepare-lab.sh" &
  makers+=("$!")
  "$LAB_SCRIPTS/prepare-lab.sh" 1024 256
  for pid in "${makers[@]}"; do wait "$pid"; done
}

# What takes the longest goes first.
list_tests ()
{
  local job
  "$LAB_SCRIPTS/check-faults.sh" --list 20 "$fault_seed"
  echo "BOARD_KIND=sd test-e2e-flash.sh stream xz pi 1024"
  echo "BOARD_KIND=arm64 test-e2e-flash.sh stream xz pi 1024"
  echo "BOARD_KIND=arm64 test-e2e-flash.sh ramfs xz root 1024"
  echo "test-drop-caches.sh"
  echo "test-device-errors.sh"
  echo "test-abandon.sh partly-written"
  echo "test-abandon.sh verified"
  echo "test-many-boards.sh stream"
  echo "test-many-boards.sh ramfs"
  echo "test-local.sh ramfs"
  echo "test-local.sh stream"
  echo "test-rehearse-leaves-nothing.sh"
  echo "test-busybox-board.sh stream"
  echo "test-busybox-board.sh ramfs"
  echo "test-e2e-wait.sh stream"
  echo "test-root-disks.sh mapped"
  echo "test-e2e-flash.sh stream xz root 256"
  for job in "stream img pi" "stream xz root" "stream gz pi" \
      "ramfs img root" "ramfs xz pi" "ramfs gz root"; do
    echo "test-e2e-flash.sh $job 1024"
  done
}

main "$@"
