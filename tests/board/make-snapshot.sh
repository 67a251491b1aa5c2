#!/bin/bash
# SPDX-License-Identifier: MIT
# make-snapshot.sh OLD_IMG MEM_MB OUTDIR
#
# Boots the old system once, lets it settle and freezes it: OUTDIR/disk.img,
# OUTDIR/ram (the memory itself, which every board maps as its own copy) and
# OUTDIR/state (the devices).  A board from a snapshot answers within seconds.

set -euo pipefail
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/board.sh"

image=${1:?usage: make-snapshot.sh OLD_IMG MEM_MB OUTDIR}
memory=${2:?}
out=${3:?}
name=snapshot-$BOARD_KIND-$memory

main ()
{
  local fingerprint
  fingerprint=$(lab_fingerprint "$LAB_SCRIPTS/make-snapshot.sh" "$LAB_SCRIPTS/board.sh" \
    "$(kind_words)" "$(dirname "$image")/fingerprint" "$memory $BOARD_CPUS" "$("$KIND_QEMU" --version)")
  if lab_is_fresh "$out" "$fingerprint"; then
    lab_say "the snapshot with $memory MiB is there already"
    return
  fi
  rm -rf "$out"
  mkdir -p "$out"
  out=$(cd "$out" && pwd)
  trap 'board_cleanup $?' EXIT
  board_disk "$name" "$image"
  board_start "$name" "$memory" "share=$out/ram"
  lab_step "snapshot $memory MiB: booted" board_wait_ssh root "$BOARD_BOOT_SECONDS"
  lab_step "snapshot $memory MiB: settled" settle
  lab_step "snapshot $memory MiB: frozen" freeze
  lab_mark_fresh "$out" "$fingerprint"
}

settle ()
{
  local state
  state=$(board_ssh root "systemctl is-system-running --wait; sync; free -m; swapon --noheadings" </dev/null)
  printf '%s\n' "$state" >"$BOARD_DIR/settled"
  grep -q '^running' "$BOARD_DIR/settled" || lab_die "the old system did not come up: $state"
  grep -q '/swapfile' "$BOARD_DIR/settled" || lab_die "the old system has no swap: $state"
  # The session of that login ends behind the connection.
  sleep 5
}

freeze ()
{
  ask_monitor '{"execute":"stop"}' '"STOP"'
  # The memory is in the shared file already; only the devices' state is written.
  ask_monitor '{"execute":"migrate-set-capabilities","arguments":{"capabilities":[{"capability":"x-ignore-shared","state":true}]}}' '"return"'
  ask_monitor "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"exec:cat >'$out/state'\"}}" '"return"'
  local deadline=$((SECONDS + 120))
  until ask_monitor '{"execute":"query-migrate"}' '"return"' \
      && grep -q '"status": "completed"' "$BOARD_DIR/monitor.answer"; do
    ! grep -q '"status": "failed"' "$BOARD_DIR/monitor.answer" || lab_die "QEMU could not write the snapshot"
    [ "$SECONDS" -lt "$deadline" ] || lab_die "the snapshot took more than two minutes"
    sleep 0.2
  done
  tell_monitor '{"execute":"quit"}'
  board_wait_exit 30
  cp --sparse=always --reflink=auto "$BOARD_DISK" "$out/disk.img"
  chmod a-w "$out/disk.img" "$out/state"
}

main
