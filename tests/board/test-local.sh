#!/bin/bash
# SPDX-License-Identifier: MIT
# test-local.sh ramfs|stream
#
# --local on a virtual board: the board flashes the disk that it runs from, by the
# client and nbdkit on that very disk, while a program keeps writing to it.  ramfs:
# the image lies there, too.  stream: it lies elsewhere (in memory, as a USB stick
# would), and one on the disk itself is refused.  The disk is compared at the moment
# of the reset.

set -euo pipefail
mode=${1:?usage: test-local.sh ramfs|stream}
name=local-$mode
LAB_TAG=$name
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/board.sh"
. "$LAB_SCRIPTS/flash-job.sh"

image=$BOARD_LAB_DIR/new/new.img.xz
on_board=/opt/flash-live-remote

main ()
{
  job_require_tools
  trap 'board_cleanup $?' EXIT
  lab_step "lab prepared" "$LAB_SCRIPTS/prepare-lab.sh" 1024
  lab_step "board started from its snapshot" job_start_board 1024 root
  lab_step "the program and the image are on the board" install
  lab_step "the old root's writer is writing" job_start_writer
  [ "$mode" = ramfs ] || lab_step "an image on the disk itself is refused" refuse
  lab_step "everything is proven, and it has begun" flash
  lab_step "the board has reset itself" board_wait_exit 420
  lab_step "disk compared" board_compare_disk "${image%.xz}"
  lab_step "the new system answers" job_check_new_system
  lab_say "passed"
}

# This machine's programs and libraries in a folder of their own, with the loader
# that belongs to them.
pack ()
{
  local top=${FLASH_BUILD_DIR:-$LAB_SCRIPTS/../../build} folder=$BOARD_DIR/program file
  mkdir -p "$folder/lib" "$folder/helper"
  cp "$top/client/flash-live-remote" "$folder/client"
  cp "$(command -v nbdkit)" "$folder/nbdkit.program"
  cp "$top/nbdkit-plugin/.libs/nbdkit-flashimage-plugin.so" "$folder/plugin.so"
  cp "$top"/helper/deployed/* "$folder/helper"
  for file in "$folder/client" "$folder/nbdkit.program" "$folder/plugin.so"; do
    ldd "$file" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p; s/^\t\(\/[^ ]*ld-[^ ]*\) .*/\1/p'
  done | sort -u | xargs cp -L -t "$folder/lib"
  mv "$folder"/lib/ld-linux* "$folder/lib/ld.so"
  cat >"$folder/nbdkit" <<END
#!/bin/sh
exec $on_board/lib/ld.so --library-path $on_board/lib $on_board/nbdkit.program "\$@"
END
  cat >"$folder/flash-live-remote" <<END
#!/bin/sh
export PATH=$on_board:\$PATH FLASHIMAGE_PLUGIN=$on_board/plugin.so
export FLASH_LIVE_REMOTE_HELPER_DIR=$on_board/helper
exec $on_board/lib/ld.so --library-path $on_board/lib $on_board/client "\$@"
END
  chmod 755 "$folder/nbdkit" "$folder/flash-live-remote"
  tar -C "$folder" -cf "$BOARD_DIR/program.tar" .
  rm -rf "$folder"
}

install ()
{
  pack
  board_ssh root "mkdir -p $on_board && tar -C $on_board -xmf -" <"$BOARD_DIR/program.tar"
  board_ssh root "cat >/root/new.img.xz && cp /root/new.img.xz /dev/shm/ && sync" <"$image"
}

# run_on_board IMAGE: what it says goes to $BOARD_DIR/flash.log.
run_on_board ()
{
  # shellcheck disable=SC2029  # expanded here
  board_ssh root "$on_board/flash-live-remote --local --$mode --confirm \$(hostname) $1" \
    </dev/null >"$BOARD_DIR/flash.log" 2>&1
}

refuse ()
{
  local status=0
  run_on_board /root/new.img.xz || status=$?
  sed 's/^/    | /' "$BOARD_DIR/flash.log"
  [ "$status" -eq 3 ] || lab_die "exit status $status, not 3"
  grep -q 'lies on the disk that is being flashed' "$BOARD_DIR/flash.log" ||
    lab_die "it did not say why"
}

# The connection that the client runs under is stopped with everything else, and ends
# with the board.
flash ()
{
  : >"$BOARD_DIR/flash.log"
  local place=/root/new.img.xz deadline=$((SECONDS + 420))
  [ "$mode" = ramfs ] || place=/dev/shm/new.img.xz
  run_on_board "$place" {BOARD_LOCK}>&- &
  until grep -q 'From here on the board goes on by itself' "$BOARD_DIR/flash.log"; do
    kill -0 $! 2>/dev/null || break
    [ "$SECONDS" -lt "$deadline" ] || break
    sleep 0.3
  done
  sed 's/^/    | /' "$BOARD_DIR/flash.log"
  grep -q 'From here on the board goes on by itself' "$BOARD_DIR/flash.log" ||
    lab_die "the flash did not come to its write"
}

main
