#!/bin/bash
# SPDX-License-Identifier: MIT
# test-e2e-wait.sh MODE [MEM_MB]
#
# --wait and --run on a virtual board that does reboot: the client comes back by
# itself with the new system's answer and its host key in known_hosts.  The small new
# system runs from its memory, and so is told to have no disk.  MODE is ramfs or stream.
# flash-live-remote is taken from PATH.

set -euo pipefail
usage="usage: test-e2e-wait.sh ramfs|stream [MEM_MB]"
mode=${1:?$usage} memory=${2:-1024}
name=wait-$mode-$memory
LAB_TAG=$name
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/board.sh"
. "$LAB_SCRIPTS/flash-job.sh"

# A flash, and a cold boot.
seconds=$((${BOARD_FLASH_SECONDS:-420} + BOARD_BOOT_SECONDS))

main ()
{
  job_require_tools
  trap 'board_cleanup $?' EXIT
  lab_step "lab prepared" "$LAB_SCRIPTS/prepare-lab.sh" "$memory"
  lab_step "board started" job_start_board "$memory" root reboot=yes
  lab_step "flashed, and back" flash "$KIND_DIR/new/new.img.xz"
  lab_step "words and files looked at" check
  lab_say "passed"
}

# The status of the command is the client's.
flash ()
{
  local status=0 watcher
  while sleep 5; do board_reset_if_stuck; done &
  watcher=$!
  timeout "$seconds" flash-live-remote -F "$BOARD_SSH_CONFIG" --confirm "board-$name" \
    "--$mode" --wait="$BOARD_BOOT_SECONDS" --host-key "$LAB_KEYS/new-host.pub" \
    --run 'cat /etc/flashed-system; exit 42' "root@board-$name" "$1" \
    </dev/null >"$BOARD_DIR/command.out" 2>"$BOARD_DIR/flash.log" || status=$?
  kill "$watcher"
  sed 's/^/    | /' "$BOARD_DIR/flash.log"
  [ "$status" -eq 42 ] || lab_die "flash-live-remote ended with exit status $status, not 42"
}

check ()
{
  cmp "$KIND_DIR/new/flashed-system" "$BOARD_DIR/command.out" \
    || lab_die "the command on the new system said '$(cat "$BOARD_DIR/command.out")'"
  grep -q "^Back: board-$name answers root after [0-9]* s" "$BOARD_DIR/flash.log" \
    || lab_die "it does not say that the board is back"
  grep -q "^warning: which disk the new system runs from could not be told: .*in memory" \
    "$BOARD_DIR/flash.log" || lab_die "it does not say that the new system has no disk"
  [ "$(cut -d' ' -f2,3 "$BOARD_DIR/known_hosts")" = "$(cut -d' ' -f1,2 "$LAB_KEYS/new-host.pub")" ] \
    || lab_die "known_hosts has: $(cat "$BOARD_DIR/known_hosts")"
}

main
