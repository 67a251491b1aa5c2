#!/bin/bash
# SPDX-License-Identifier: MIT
# test-busybox-board.sh stream|ramfs
#
# A board as small routers are: busybox for an init and for every program,
# dropbear for an sshd, no systemd, no bash, no /run.  A rehearsal leaves it as
# it is; then it is flashed while a program that init starts again keeps writing
# to its root.  At the reset the disk is the image, byte for byte; the new
# system answers.

set -euo pipefail
mode=${1:?usage: test-busybox-board.sh stream|ramfs}
memory=512
name=busybox-$mode
LAB_TAG=$name
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/board.sh"
. "$LAB_SCRIPTS/flash-job.sh"

image=$BOARD_LAB_DIR/new/new.img.xz
flash_seconds=${BOARD_FLASH_SECONDS:-1200}

main ()
{
  job_require_tools
  trap 'board_cleanup $?' EXIT
  lab_step "lab prepared" "$LAB_SCRIPTS/prepare-lab.sh"
  lab_step "busybox system made" lab_locked busybox "$LAB_SCRIPTS/make-busybox-system.sh" \
    "$BOARD_LAB_DIR/old" "$BOARD_LAB_DIR/busybox"
  board_disk "$name" "$BOARD_LAB_DIR/busybox/old.img"
  lab_step "board started" start_board
  lab_step "the board is what it should be" check_board
  lab_step "rehearsed" flash --rehearse
  lab_step "the board is as before" check_board
  lab_step "flashed by flash-live-remote" flash
  grep -q 'stopping marine-demo' "$BOARD_DIR/flash.log" \
    || lab_die "the service was not stopped"
  lab_step "the board has reset itself" board_wait_exit 60
  lab_step "disk compared" board_compare_disk "$image"
  lab_step "the new system answers" job_check_new_system
  lab_say "passed"
}

start_board ()
{
  board_start "$name" "$memory"
  board_wait_ssh root 600
}

# Its log grows, but it was started once: nothing has ended it.  What a
# rehearsal makes may go a moment after its client.
check_board ()
{
  board_ssh root sh <<'EOF' || lab_die "the board is not as it was, or as it should be"
for program in systemctl bash sudo findmnt ldd; do
  ! command -v $program || exit 1
done
[ "$(readlink /proc/1/exe)" = /bin/busybox ] || exit 1
cd /var/lib/old-root-writer || exit 1
lines=$(wc -l <log)
tries=60
until [ "$(wc -l <log)" -gt "$lines" ] && [ ! -e /run ] && /etc/init.d/marine-demo status; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || { ls -la /run log; exit 1; }
  sleep 1
done
[ "$(wc -l <starts)" = 1 ] || { echo "the writer was started anew"; exit 1; }
EOF
}

flash ()                # [--rehearse]
{
  local status=0
  timeout "$flash_seconds" flash-live-remote -F "$BOARD_SSH_CONFIG" "$@" \
    --confirm "board-$name" "--$mode" "root@board-$name" "$image" \
    </dev/null >"$BOARD_DIR/flash.log" 2>&1 || status=$?
  sed 's/^/    | /' "$BOARD_DIR/flash.log"
  [ "$status" -eq 0 ] || lab_die "flash-live-remote ended with exit status $status"
}

main
