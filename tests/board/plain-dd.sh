#!/bin/bash
# SPDX-License-Identifier: MIT
# plain-dd.sh [RUNS [no-writer]]
#
# Not a test but a measurement, for docs/comparison.md: what a virtual board's disk
# holds when its running system is replaced by `xzcat IMAGE | ssh root@board dd`, as
# people do it without this program.  A program on the board writes to the old root
# meanwhile, as in test-e2e-flash.sh, unless no-writer is given.  Tells for each run how
# many blocks are wrong, and whether the board could still reset itself.

set -euo pipefail
LAB_TAG=plain-dd
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/board.sh"
. "$LAB_SCRIPTS/flash-job.sh"
# A busy machine makes the board slow to answer.
KIND_SSH_OPTIONS='  ServerAliveInterval 100'

image=$BOARD_LAB_DIR/new/new.img.xz
snapshot=$BOARD_LAB_DIR/snapshot-1024
writer=yes
[ "${2:-}" != no-writer ] || writer=no

main ()
{
  local run
  lab_require_tools "$KIND_QEMU" ssh xz
  trap 'board_cleanup $?' EXIT
  lab_step "lab prepared" "$LAB_SCRIPTS/prepare-lab.sh" 1024
  for run in $(seq "${1:-1}"); do
    board_disk "plain-dd-$run" "$snapshot/disk.img"
    board_start "plain-dd-$run" 1024 "from=$snapshot"
    lab_step "the board answers by ssh" board_wait_ssh root "$BOARD_BOOT_SECONDS"
    [ "$writer" = no ] || lab_step "the old root's writer is writing" job_start_writer
    lab_step "written by dd" write_disk
    await_reset
    board_compare_disk "$image" || :
  done
}

# The reset is asked for in the same login, for there may be no other one.
write_disk ()
{
  local status=0
  xz -dc -- "$image" |
    timeout 900 ssh -F "$BOARD_SSH_CONFIG" "root@board-$BOARD_NAME" \
      "dd of=/dev/$KIND_DISK bs=4M conv=fsync; reboot -f" || status=$?
  lab_say "ssh has ended with exit status $status"
}

await_reset ()
{
  local deadline=$((SECONDS + 60))
  while board_is_running && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.2; done
  if board_is_running; then
    lab_say "the board has not reset itself within a minute; its power is cut"
    board_stop
  else
    board_wait_exit 1
    lab_say "the board has reset itself"
  fi
}

main "$@"
