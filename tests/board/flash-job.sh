# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the tests that flash a board have in common.  Sourced after board.sh, with
# $name as the board's.

job_require_tools ()
{
  command -v "$KIND_QEMU" >/dev/null || lab_skip "$KIND_QEMU not found"
  command -v flash-live-remote >/dev/null || lab_die "flash-live-remote is not on PATH"
}

job_start_board ()      # MEM_MB USER [OPTION...], options of board_start
{
  local snapshot=$KIND_DIR/snapshot-$1
  if [ "$KIND_SNAPSHOT" = yes ]; then
    board_disk "$name" "$snapshot/disk.img"
    board_start "$name" "$1" "from=$snapshot" "${@:3}"
    board_wait_ssh "$2" 300
  else
    board_disk "$name" "$KIND_DIR/old/old.img"
    board_start "$name" "$1" "${@:3}"
    board_wait_ssh "$2" "$BOARD_BOOT_SECONDS"
  fi
  arm_watchdog
}

# A board whose PID 1 does not pet the watchdog for that long resets itself in the
# middle of the flash.
arm_watchdog ()
{
  local seconds=20
  board_ssh root sh <<EOF || lab_die "the board's watchdog cannot be armed"
set -e
modprobe softdog || { echo 'without a watchdog: its kernel has no softdog'; exit 0; }
manager=/org/freedesktop/systemd1
busctl set-property org.freedesktop.systemd1 \$manager \\
  org.freedesktop.systemd1.Manager RuntimeWatchdogUSec t ${seconds}000000
sleep 1
[ "\$(cat /sys/class/watchdog/watchdog0/state)" = active ]
[ "\$(cat /sys/class/watchdog/watchdog0/timeout)" = $seconds ]
EOF
}

# It has to be seen writing: a writer that stands still proves nothing.
job_start_writer ()
{
  # shellcheck disable=SC2016  # expanded on the board
  board_ssh root 'systemctl start old-root-writer; for try in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(wc -l </var/lib/old-root-writer/log)" -ge 5 ] && exit; sleep 1; done 2>/dev/null; exit 1' </dev/null
}

job_check_new_system ()
{
  board_boot_flashed 600
  [ "$BOARD_MARKER" = "$(cat "$KIND_DIR/new/flashed-system")" ] \
    || lab_die "the board answers with '$BOARD_MARKER'"
  lab_say "the board says: $BOARD_MARKER"
}
