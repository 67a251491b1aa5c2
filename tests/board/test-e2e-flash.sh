#!/bin/bash
# SPDX-License-Identifier: MIT
# test-e2e-flash.sh MODE FORMAT USER [MEM_MB]
#
# The main job on a virtual board: the running system is replaced by the image
# while a program keeps writing to the old root file system; at the moment of the
# reset the disk is the image, byte for byte; the board then answers from the new
# system.  MODE is ramfs or stream, FORMAT img, xz or gz, USER root or pi.
# flash-live-remote is taken from PATH.

set -euo pipefail
usage="usage: test-e2e-flash.sh ramfs|stream img|xz|gz root|pi [MEM_MB]"
mode=${1:?$usage} format=${2:?$usage} user=${3:?$usage} memory=${4:-1024}
name=$mode-$format-$user-$memory
LAB_TAG=$name
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/board.sh"

# A flash takes well under a minute; a busy machine may take a few.
flash_seconds=${BOARD_FLASH_SECONDS:-420}

main ()
{
  command -v qemu-system-x86_64 >/dev/null || lab_skip "qemu-system-x86_64 not found"
  command -v flash-live-remote >/dev/null || lab_die "flash-live-remote is not on PATH"
  local image=$BOARD_LAB_DIR/new/new.img
  [ "$format" = img ] || image=$image.$format
  trap 'board_cleanup $?' EXIT
  lab_step "lab prepared" "$LAB_SCRIPTS/prepare-lab.sh" "$memory"
  lab_step "board started from its snapshot" start_board
  lab_step "the old root's writer is writing" start_writer
  lab_step "flashed by flash-live-remote" flash "$image"
  lab_step "the board has reset itself" board_wait_exit 60
  lab_step "disk compared" board_compare_disk "$image"
  lab_step "the new system answers" check_new_system
  lab_say "passed"
}

start_board ()
{
  local snapshot=$BOARD_LAB_DIR/snapshot-$memory
  board_disk "$name" "$snapshot/disk.img"
  board_start "$name" "$memory" "from=$snapshot"
  board_wait_ssh "$user" 120
}

# It has to be seen writing: a writer that stands still proves nothing.
start_writer ()
{
  # shellcheck disable=SC2016  # expanded on the board
  board_ssh root 'systemctl start old-root-writer; for try in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(wc -l </var/lib/old-root-writer/log)" -ge 5 ] && exit; sleep 1; done 2>/dev/null; exit 1' </dev/null
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
}

check_new_system ()
{
  board_boot_flashed 90
  [ "$BOARD_MARKER" = "$(cat "$BOARD_LAB_DIR/new/flashed-system")" ] \
    || lab_die "the board answers with '$BOARD_MARKER'"
  lab_say "the board says: $BOARD_MARKER"
}

main
