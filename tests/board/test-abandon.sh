#!/bin/bash
# SPDX-License-Identifier: MIT
# test-abandon.sh partly-written|verified
#
# `abandon` on a root disk.  partly-written: the board is reset, and the disk has
# no partition table that would let it look whole.  verified, with --no-reboot: the
# lifeboat still lets in, and the board is reset into the new system.

set -euo pipefail
state=${1:?usage: test-abandon.sh partly-written|verified}
memory=1024
name=abandon-$state
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
  lab_step "lab prepared" "$LAB_SCRIPTS/prepare-lab.sh" "$memory"
  start_board
  case $state in
    partly-written) abandon_partly_written ;;
    verified) abandon_verified ;;
    *) lab_die "no such state: $state" ;;
  esac
  lab_say "passed"
}

start_board ()
{
  lab_step "board started from its snapshot" job_start_board "$memory" root
  lab_step "the old root's writer is writing" job_start_writer
}

abandon_partly_written ()
{
  run_client --stream
  client_await writing 30 300 || lab_die "the client has ended too early"
  client_kill
  lab_step "abandoned, partly written" abandon
  lab_step "the board has reset itself" board_wait_exit 60
  [ "$(head -c 1048576 "$BOARD_DISK" | tr -d '\0' | wc -c)" -eq 0 ] \
    || lab_die "a half-written disk has something where its partition table would be"
}

abandon_verified ()
{
  run_client --stream --no-reboot
  client_wait 420
  [ "$CLIENT_STATUS" -eq 0 ] || lab_die "exit status $CLIENT_STATUS with --no-reboot"
  board_rescue true </dev/null || lab_die "the lifeboat is gone after --no-reboot"
  lab_step "abandoned, verified" abandon
  lab_step "the board has reset itself" board_wait_exit 60
  lab_step "the new system answers" job_check_new_system
}

run_client ()
{
  client_start --verbose --confirm "board-$name" "$@" "root@board-$name" "$image"
}

abandon ()
{
  flash-live-remote abandon -F "$BOARD_SSH_CONFIG" --confirm "board-$name" "root@board-$name" \
    </dev/null >"$BOARD_DIR/abandon.log" 2>&1 || lab_die "abandon failed: $(cat "$BOARD_DIR/abandon.log")"
  sed 's/^/    | /' "$BOARD_DIR/abandon.log"
  ! compgen -G "$BOARD_DIR/state/flash-live-remote/sessions/*" >/dev/null \
    || lab_die "the session's key is still stored"
}

main
