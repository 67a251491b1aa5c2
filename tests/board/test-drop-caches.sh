#!/bin/bash
# SPDX-License-Identifier: MIT
# test-drop-caches.sh
#
# Law 2 on a board with 256 MiB: in the middle of a stream flash the client is
# killed and the board's kernel told to forget every page that it could read again
# from the disk, which is not there any more.  The lifeboat still lets in,
# `flash-live-remote status` tells where the flash stands, and the same command
# finishes it.

set -euo pipefail
memory=256
name=drop-caches
LAB_TAG=$name
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/board.sh"
. "$LAB_SCRIPTS/board-client.sh"
. "$LAB_SCRIPTS/flash-job.sh"

main ()
{
  local image=$BOARD_LAB_DIR/new/large.img
  job_require_tools
  trap 'status=$?; client_cleanup; board_cleanup $status' EXIT
  lab_step "lab prepared" "$LAB_SCRIPTS/prepare-lab.sh" "$memory"
  lab_step "board started from its snapshot" job_start_board "$memory" root
  lab_step "the old root's writer is writing" job_start_writer
  run_client "$image"
  lab_step "half of the disk is written" client_await writing 40 300
  client_kill
  lab_step "the caches are dropped" drop_caches
  lab_step "the helper is the last to die when memory runs out" check_oom_scores
  lab_step "the status is told" check_status
  run_client "$image"
  lab_step "the same command has finished it" finish
  lab_step "the board has reset itself" board_wait_exit 60
  lab_step "disk compared" board_compare_disk "$image"
  lab_step "the new system answers" job_check_new_system
  lab_say "passed"
}

run_client ()
{
  client_start --verbose --stream --confirm "board-$name" "root@board-$name" "$1"
}

# Twice: what the first login brought back goes too.
drop_caches ()
{
  local try
  for try in 1 2; do
    board_rescue 'echo 3 >/proc/sys/vm/drop_caches && echo dropped' </dev/null \
      >"$BOARD_DIR/dropped.$try"
    grep -q '^dropped' "$BOARD_DIR/dropped.$try" || lab_die "the caches were not dropped"
  done
}

check_oom_scores ()
{
  # shellcheck disable=SC2016  # expanded on the board
  board_rescue 'for p in /proc/[0-9]*; do
    case $(cat "$p/comm") in
      flash-helper) echo "flash-helper $(cat "$p/oom_score_adj")" ;;
    esac
  done 2>/dev/null' </dev/null >"$BOARD_DIR/oom-scores"
  grep -q '^flash-helper -1000$' "$BOARD_DIR/oom-scores" || lab_die "no helper was seen"
  ! grep -v ' -1000$' "$BOARD_DIR/oom-scores" || lab_die "a helper may be killed"
}

check_status ()
{
  local status=0
  flash-live-remote status -F "$BOARD_SSH_CONFIG" "root@board-$name" \
    </dev/null >"$BOARD_DIR/status.log" 2>&1 || status=$?
  sed 's/^/    | /' "$BOARD_DIR/status.log"
  [ "$status" -eq 0 ] || lab_die "flash-live-remote status ended with exit status $status"
  grep -q 'large\.img' "$BOARD_DIR/status.log" || lab_die "the status does not name the image"
}

finish ()
{
  client_wait 420
  [ "$CLIENT_STATUS" -eq 0 ] || lab_die "the same command ended with exit status $CLIENT_STATUS"
}

main
