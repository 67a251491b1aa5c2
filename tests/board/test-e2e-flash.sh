#!/bin/bash
# SPDX-License-Identifier: MIT
# test-e2e-flash.sh MODE FORMAT USER [MEM_MB]
#
# The main job on a virtual board: the running system is replaced by the image
# while a program keeps writing to the old root file system; at the moment of the
# reset the disk is the image, byte for byte; the board then answers from the new
# system.  MODE is ramfs or stream, FORMAT img, xz or gz, USER root or pi; the kind
# of board is BOARD_KIND (board-kind.sh).
# flash-live-remote is taken from PATH.

set -euo pipefail
usage="usage: test-e2e-flash.sh ramfs|stream img|xz|gz root|pi [MEM_MB]"
mode=${1:?$usage} format=${2:?$usage} user=${3:?$usage} memory=${4:-1024}
name=$mode-$format-$user-$memory${BOARD_KIND:+-$BOARD_KIND}
LAB_TAG=$name
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/board.sh"
. "$LAB_SCRIPTS/flash-job.sh"

# A flash takes well under a minute; a busy machine may take a few.
flash_seconds=${BOARD_FLASH_SECONDS:-420}

main ()
{
  job_require_tools
  local image=$KIND_DIR/new/new.img
  [ "$format" = img ] || image=$image.$format
  trap 'board_cleanup $?' EXIT
  lab_step "lab prepared" "$LAB_SCRIPTS/prepare-lab.sh" "$memory"
  lab_step "board started" job_start_board "$memory" "$user"
  lab_step "the old root's writer is writing" job_start_writer
  lab_step "flashed by flash-live-remote" flash "$image"
  lab_step "the board has reset itself" board_wait_exit 60
  lab_step "disk compared" board_compare_disk "$image"
  lab_step "the new system answers" job_check_new_system
  lab_say "passed"
}

flash ()
{
  local status=0
  timeout "$flash_seconds" flash-live-remote -F "$BOARD_SSH_CONFIG" --confirm "board-$name" "--$mode" \
    "$user@board-$name" "$1" </dev/null >"$BOARD_DIR/flash.log" 2>&1 || status=$?
  sed 's/^/    | /' "$BOARD_DIR/flash.log"
  if [ "$status" -eq 124 ]; then
    lab_die "flash-live-remote did not end within $flash_seconds s"
  fi
  [ "$status" -eq 0 ] || lab_die "flash-live-remote ended with exit status $status"
  grep -q "^Done: $KIND_DISK of " "$BOARD_DIR/flash.log" || lab_die "that was not the disk $KIND_DISK"
}

main
