#!/bin/bash
# SPDX-License-Identifier: MIT
# test-e2e-faults.sh SEED MODE CUTS [MEM_MB]
#
# A flash on a virtual board during which CUTS things go wrong (cut-kinds.sh), of
# kinds and at moments that follow from SEED (choose-cuts.awk), while a program
# keeps writing to the old root file system.  Each time the flash goes on, by
# itself or by the same command; at the reset the disk is the image, byte for
# byte; no more than a window a cut was sent twice; the new system answers.
# MODE is ramfs or stream.  FAULT_KINDS, where it is set, names the kinds.

set -euo pipefail
usage="usage: test-e2e-faults.sh SEED ramfs|stream CUTS [MEM_MB]"
seed=${1:?$usage} mode=${2:?$usage} cuts=${3:?$usage} memory=${4:-1024}
name=faults-$mode-$seed-$memory
LAB_TAG=$name
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/board.sh"
. "$LAB_SCRIPTS/board-client.sh"
. "$LAB_SCRIPTS/cut-kinds.sh"
. "$LAB_SCRIPTS/flash-job.sh"

window=$((32 * 1024 * 1024))
disk_speed=$((10 * 1024 * 1024))        # as of an SD card: time for cuts
kinds_done=

main ()
{
  local image=$BOARD_LAB_DIR/new/large.img
  [ "$mode" = stream ] || image=$image.xz
  job_require_tools
  plan=$(awk -v seed="$seed" -v mode="$mode" -v cuts="$cuts" -v kinds="${FAULT_KINDS:-}" \
    -f "$LAB_SCRIPTS/choose-cuts.awk")
  cuts=$(wc -l <<<"$plan")
  lab_say "seed $seed, $mode: phase, percent, delay, kind, seconds"
  sed 's/^/    /' <<<"$plan"
  trap 'status=$?; client_cleanup; board_cleanup $status' EXIT
  lab_step "lab prepared" "$LAB_SCRIPTS/prepare-lab.sh" "$memory"
  lab_step "board started from its snapshot" job_start_board "$memory" root
  lab_step "the old root's writer is writing" job_start_writer
  board_slow_disk "$disk_speed"
  flash "$image"
  lab_step "flashed, after $cuts cuts and $CLIENT_RUNS runs of the client" finish
  lab_step "the board has reset itself" board_wait_exit 60
  lab_step "disk compared" board_compare_disk "$image"
  lab_step "the new system answers" job_check_new_system
  report
}

run_client ()
{
  client_start --verbose --confirm "board-$name" "--$mode" "root@board-$name" "$1"
}

flash ()
{
  local phase percent delay kind seconds
  command=$1
  run_client "$command"
  while read -r phase percent delay kind seconds <&3; do
    await_moment "$phase" "$percent" "$kind"
    sleep "$delay"
    lab_step "cut: $kind at '$(tail -n 1 "$BOARD_DIR/flash.log" | cut -c1-60)'" inflict_at "$phase" "$kind" "$seconds"
    kinds_done=$kinds_done${kinds_done:+,}$kind
    # Only what is said from now on shows that it goes on.
    client_mark
    client_is_running || run_again
  done 3<<<"$plan"
  ! board_is_running || board_slow_disk "$disk_speed"
}

# From the write on, which may have begun since, a board may finish by itself before
# a login on a busy machine succeeds: until the last cut its disk is slower.
inflict_at ()
{
  case $1 in
    writing | verifying) board_slow_disk $((disk_speed / 5)) ;;
    *) ! client_has_reached writing 0 || board_slow_disk $((disk_speed / 5)) ;;
  esac
  inflict "$2" "$3"
}

# A client that ended after a cut is started again, if its exit status says that.
await_moment ()
{
  until client_await "$1" "$2" 300; do
    client_wait 5
    board_is_running || lab_die "the board has ended before '$3' could be done to it"
    judge_status
    run_again
  done
}

run_again ()
{
  [ "$CLIENT_RUNS" -le $((2 * cuts + 2)) ] || lab_die "the client has ended again and again"
  run_client "$command"
}

# 4 means by contract: run it again; and so does 5 where the board's own writer was
# killed.
judge_status ()
{
  lab_say "the client has ended with exit status $CLIENT_STATUS"
  case $CLIENT_STATUS,$kinds_done in
    4,* | 5,*dd-killed* | 5,*helper-killed*) ;;
    *) lab_die "exit status $CLIENT_STATUS is not one after which the same command goes on" ;;
  esac
}

finish ()
{
  while :; do
    [ -z "$CLIENT_PID" ] || await_end
    [ "$CLIENT_STATUS" != 0 ] || return 0
    if board_has_ended; then
      lab_say "the board has finished while no client could hear it (exit status $CLIENT_STATUS)"
      return 0
    fi
    judge_status
    run_again
  done
}

# A client whose link was down while the board finished looks for it for ever: here
# no new system comes up in its place before the disk was compared.
await_end ()
{
  local deadline=$((SECONDS + 420))
  while client_is_running && board_is_running && [ "$SECONDS" -lt "$deadline" ]; do
    sleep 0.5
  done
  board_is_running || deadline=$((SECONDS + 20))
  while client_is_running && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.5; done
  if client_is_running && ! board_is_running; then
    client_kill
    CLIENT_STATUS=none
  else
    client_wait 1
  fi
}

# A moment for a reset that is just happening.
board_has_ended ()
{
  sleep 3
  ! board_is_running
}

report ()
{
  local again
  again=$(client_bytes_again)
  if [ -z "$again" ]; then
    [ "$CLIENT_STATUS" != 0 ] || lab_die "the client has not said how many bytes came twice"
    again=unheard
  elif [ "$again" -gt $((cuts * window)) ]; then
    lab_die "$again bytes were sent twice: more than $cuts windows"
  fi
  lab_say "cuts: seed=$seed mode=$mode memory=$memory kinds=$kinds_done runs=$CLIENT_RUNS bytes-again=$again"
}

main
