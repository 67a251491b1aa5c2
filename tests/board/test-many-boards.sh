#!/bin/bash
# SPDX-License-Identifier: MIT
# test-many-boards.sh stream|ramfs
#
# One command flashes two virtual boards at once, from an image server that admits
# known keys over TLS only.  On both a program keeps writing to the old root file
# system; at the reset each disk is the image, byte for byte; each board then
# answers from the new system.
#
# Each board is in the hands of a script of its own, for board.sh knows one:
# test-many-boards.sh MODE board NAME FOLDER, which this one starts.

set -euo pipefail
usage="usage: test-many-boards.sh stream|ramfs"
mode=${1:?$usage} role=${2:-all}
name=${3:-many-$mode}
LAB_TAG=$name
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/board.sh"
. "$LAB_SCRIPTS/flash-job.sh"

memory=1024
image=new.img.xz
flash_seconds=${BOARD_FLASH_SECONDS:-600}

# -- One board ----------------------------------------------------------------

hold_board ()           # FOLDER, shared with the script that flashes
{
  trap 'board_cleanup $?' EXIT
  lab_step "board started from its snapshot" job_start_board "$memory" root
  lab_step "the old root's writer is writing" job_start_writer
  own_boot_id || lab_die "the board keeps the boot id of its snapshot"
  cp "$BOARD_SSH_CONFIG" "$1/$name.new"
  mv "$1/$name.new" "$1/$name.config"
  lab_step "the board has reset itself" board_wait_exit "$flash_seconds"
  lab_step "disk compared" board_compare_disk "$BOARD_LAB_DIR/new/$image"
  lab_step "the new system answers" job_check_new_system
}

# Boards from one snapshot are one board, as far as their boot ids tell.
own_boot_id ()
{
  board_ssh root 'id=/proc/sys/kernel/random/boot_id
    cat /proc/sys/kernel/random/uuid >/run/boot_id && mount --bind /run/boot_id $id' </dev/null
}

# -- All of it ----------------------------------------------------------------

folder=
pids=()

cleanup ()
{
  local status=$1 log
  lab_report_exit "$status"
  [ ${#pids[@]} -eq 0 ] || kill -TERM "${pids[@]}" 2>/dev/null || :
  wait
  for log in "$folder"/*.log; do
    [ ! -f "$log" ] || sed "s/^/    $(basename "$log" .log) | /" "$log"
  done
  rm -rf "$folder"
}

start_boards ()
{
  local board
  for board in "$name-a" "$name-b"; do
    "$0" "$mode" board "$board" "$folder" >"$folder/$board.log" 2>&1 &
    pids+=($!)
  done
}

await_boards ()
{
  local deadline=$((SECONDS + 400)) pid
  until [ -f "$folder/$name-a.config" ] && [ -f "$folder/$name-b.config" ]; do
    for pid in "${pids[@]}"; do
      kill -0 "$pid" 2>/dev/null || lab_die "a board has ended too early"
    done
    [ "$SECONDS" -lt "$deadline" ] || lab_die "the boards are not there within 400 s"
    sleep 0.5
  done
  cat "$folder/$name-a.config" "$folder/$name-b.config" >"$folder/ssh_config"
}

# The key is on both sides beforehand; where there is no key there is no list.
start_server ()
{
  local try
  printf 'lab:%s\n' "$(openssl rand -hex 32)" >"$folder/keys.psk"
  chmod 600 "$folder/keys.psk"
  for try in 1 2 3 4 5; do
    port=$((21000 + ($$ * 7 + try * 997) % 10000))
    nbdkit -f -t 1 -r -i 127.0.0.1 -p "$port" --tls=require --tls-psk="$folder/keys.psk" \
      "${FLASHIMAGE_PLUGIN:-flashimage}" dir="$BOARD_LAB_DIR/new" index="$folder/index" \
      >"$folder/server.log" 2>&1 &
    server=$!
    sleep 1
    if kill -0 "$server" 2>/dev/null; then
      pids+=("$server")
      uri="nbds://lab@127.0.0.1:$port/$image?tls-psk-file=$folder/keys.psk"
      return
    fi
  done
  lab_die "the image server does not start: $(cat "$folder/server.log")"
}

flash_both ()
{
  local status=0
  XDG_STATE_HOME=$folder/state timeout "$flash_seconds" \
    flash-live-remote -F "$folder/ssh_config" --confirm 2 "--$mode" \
    "root@board-$name-a" "root@board-$name-b" "$uri" \
    </dev/null >"$folder/flash.log" 2>&1 || status=$?
  [ "$status" -eq 0 ] || lab_die "flash-live-remote ended with exit status $status"
}

# The boards' own scripts look at what was flashed.
await_verdicts ()
{
  wait "${pids[0]}" || lab_die "board a is not as it should be"
  wait "${pids[1]}" || lab_die "board b is not as it should be"
  pids=("$server")
}

main ()
{
  job_require_tools
  folder=$(mktemp -d "${TMPDIR:-/tmp}/$name.XXXXXX")
  trap 'cleanup $?' EXIT
  lab_step "lab prepared" "$LAB_SCRIPTS/prepare-lab.sh" "$memory"
  start_boards
  start_server
  lab_step "both boards are there" await_boards
  lab_step "flashed by one flash-live-remote" flash_both
  lab_step "both boards answer from the new system" await_verdicts
  lab_say "passed"
}

if [ "$role" = board ]; then
  hold_board "$4"
else
  main
fi
