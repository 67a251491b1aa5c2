#!/bin/bash
# SPDX-License-Identifier: MIT
# test-root-disks.sh mapped
#
# A root file system that lies on a device mapper device, with a swap file in it,
# on the only disk: the plan shows the stack, and the disk is flashed, verified and
# booted while the old root's writer does what it can.

set -euo pipefail
kind=${1:?usage: test-root-disks.sh mapped}
memory=1024
name=root-$kind
LAB_TAG=$name
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/board.sh"
. "$LAB_SCRIPTS/board-client.sh"
. "$LAB_SCRIPTS/flash-job.sh"

image=$BOARD_LAB_DIR/new/new.img.xz

main ()
{
  job_require_tools
  trap 'status=$?; client_cleanup; board_cleanup $status' EXIT
  lab_step "lab prepared" "$LAB_SCRIPTS/prepare-lab.sh"
  [ "$kind" = mapped ] || lab_die "no such kind: $kind"
  lab_step "disk made" make_disk
  lab_step "board started" start_board
  lab_step "the old root's writer is writing" job_start_writer
  lab_step "flashed" flash
  lab_step "the board has reset itself" board_wait_exit 60
  board_compare_disk "$image"
  lab_step "the new system answers" job_check_new_system
  lab_say "passed"
}

make_disk ()
{
  board_disk "$name" "$BOARD_LAB_DIR/old/old.img"
  "$LAB_SCRIPTS/make-mapped-disk.sh" "$BOARD_LAB_DIR/old/old.img" "$BOARD_DISK"
}

start_board ()
{
  board_start "$name" "$memory"
  board_wait_ssh root 600
  board_ssh root 'grep -q "^/swapfile" /proc/swaps && dmsetup table vg-root' </dev/null
}

flash ()
{
  client_start --stream --verbose --confirm "board-$name" "root@board-$name" "$image"
  client_wait 900
  [ "$CLIENT_STATUS" -eq 0 ] || lab_die "exit status $CLIENT_STATUS"
  grep -q 'root: ext4 on vg-root (LVM) on vda2' "$BOARD_DIR/flash.log" \
    || lab_die "the plan does not show the stack"
  grep -q 'vda2, .*, vg-root (LVM): ext4 on /' "$BOARD_DIR/flash.log" \
    || lab_die "the plan does not show what the partition is used for"
}

main
