#!/bin/bash
# SPDX-License-Identifier: MIT
# demo.sh [ramfs|stream]
#
# Shows the whole job: a virtual board is made and booted, flash-live-remote (from
# PATH) replaces its running system, the board reboots by itself and answers from
# the new one.

set -euo pipefail
LAB_TAG=demo
mode=${1:-ramfs}
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/board.sh"
# A busy machine makes the board slow to answer.
KIND_SSH_OPTIONS='  ServerAliveInterval 100'

name=demo
image=new.img.xz

main ()
{
  lab_require_tools qemu-system-x86_64 ssh flash-live-remote
  case $mode in
    ramfs | stream) ;;
    *) lab_die "the mode is ramfs or stream, not '$mode'" ;;
  esac
  trap 'board_cleanup $?' EXIT

  headline "1. The parts: the system of a board, and a new image, out of distribution packages"
  "$LAB_SCRIPTS/prepare-lab.sh"

  headline "2. A virtual board boots from its own disk (QEMU without KVM: about half a minute)"
  board_disk "$name" "$BOARD_LAB_DIR/old/old.img"
  board_start "$name" 1024 reboot=yes
  lab_step "the board answers by ssh" board_wait_ssh pi "$BOARD_BOOT_SECONDS"

  headline "3. What runs on it now"
  show_on_board pi 'grep PRETTY_NAME /etc/os-release; hostname; lsblk -o NAME,SIZE,TYPE,MOUNTPOINTS'
  board_ssh root systemctl start old-root-writer </dev/null
  lab_say "a program on the board now writes and syncs to the root file system, all the time"

  headline "4. The running system is replaced"
  flash

  headline "5. The board reboots by itself"
  write_ssh_config new-host
  lab_step "a system with the new host key answers" board_wait_ssh root "$BOARD_BOOT_SECONDS"

  headline "6. What runs on it now"
  show_on_board root 'cat /etc/flashed-system; cat /proc/uptime'
  board_ssh root cat /etc/flashed-system </dev/null | cmp -s - "$BOARD_LAB_DIR/new/flashed-system" \
    || lab_die "that is not the system that was flashed"
  lab_say "done: the board runs the new system"
}

headline ()
{
  printf '\n== %s\n' "$*"
}

show_on_board ()
{
  printf '$ ssh %s@board-%s "%s"\n' "$1" "$name" "$2"
  board_ssh "$1" "$2" </dev/null | sed 's/^/    /'
}

# Its own output and, on a terminal, its progress line reach the person as they are.
flash ()
{
  local start=$EPOCHREALTIME
  cd "$BOARD_LAB_DIR/new"
  printf '$ flash-live-remote --%s --map pi@board-%s %s\n' "$mode" "$name" "$image"
  timeout 3600 flash-live-remote -F "$BOARD_SSH_CONFIG" --confirm "board-$name" "--$mode" --map \
    "pi@board-$name" "$image" </dev/null \
    || lab_die "flash-live-remote ended with exit status $?"
  lab_say "$(lab_seconds_since "$start") s  flashed"
}

main
