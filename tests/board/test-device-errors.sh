#!/bin/bash
# SPDX-License-Identifier: MIT
# test-device-errors.sh
#
# Law 5 on disks that fail, as the device mapper makes them on a board behind
# --device: writes that give errors, writes that are dropped without a word, and
# errors that come and go.  Nothing is called done that is not on the disk; and
# once the disk is well again, the same command finishes the flash.

set -euo pipefail
memory=1024
name=device-errors
LAB_TAG=$name
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/board.sh"
. "$LAB_SCRIPTS/board-client.sh"
. "$LAB_SCRIPTS/flash-job.sh"

image_mib=24
bad_mib=10              # where writes give errors
sectors=$(((image_mib + 8) * 2048))
bad_start=$((bad_mib * 2048))
bad_end=$((bad_start + 2048))

main ()
{
  job_require_tools
  trap 'status=$?; client_cleanup; board_cleanup $status' EXIT
  lab_step "lab prepared" "$LAB_SCRIPTS/prepare-lab.sh" "$memory"
  lab_step "board started from its snapshot" job_start_board "$memory" root
  image=$BOARD_DIR/small.img
  make_image
  lab_step "the board's failing disk" make_failing_disk

  bad_disk_table | set_table
  lab_step "write errors" expect_stopped 'Input/output error'
  grep -q "offset $((bad_mib * 1048576)) " "$BOARD_DIR/flash.log" \
    || lab_die "the offset of the bad MiB was not said"
  check_status
  well_disk_table | set_table
  lab_step "the disk is well again: the same command" expect_done

  spoil_disk
  forgetful_disk_table | set_table
  lab_step "dropped writes" expect_stopped 'does not keep what is written'
  well_disk_table | set_table
  lab_step "the disk is well again: the same command" expect_done

  spoil_disk
  moody_disk_table | set_table
  lab_step "errors that come and go" expect_done_in_the_end
  lab_say "passed"
}

make_image ()
{
  truncate -s "${image_mib}M" "$image"
  echo '2048,,L' | sfdisk -q "$image"
  dd if=/dev/urandom of="$image" bs=1M seek=1 count=$((image_mib - 1)) conv=notrunc status=none
}

# A file in RAM, the device mapper over it, and over that a loop device that
# caches nothing: flashes of device mapper devices are refused.
make_failing_disk ()
{
  board_ssh root sh <<EOF || lab_die "the board has no device mapper"
set -e
modprobe -a loop dm-flakey
truncate -s $((sectors * 512)) /dev/shm/medium
losetup /dev/loop0 /dev/shm/medium
dmsetup create failing --table '0 $sectors linear /dev/loop0 0'
losetup --direct-io=on /dev/loop1 /dev/mapper/failing
EOF
}

well_disk_table ()
{
  echo "0 $sectors linear /dev/loop0 0"
}

bad_disk_table ()
{
  echo "0 $bad_start linear /dev/loop0 0"
  echo "$bad_start 2048 error"
  echo "$bad_end $((sectors - bad_end)) linear /dev/loop0 $bad_end"
}

forgetful_disk_table ()
{
  echo "0 $sectors flakey /dev/loop0 0 0 3600 1 drop_writes"
}

# Of each eight seconds it fails for two.
moody_disk_table ()
{
  echo "0 $sectors flakey /dev/loop0 0 6 2"
}

set_table ()
{
  board_ssh root 'dmsetup suspend failing && dmsetup load failing && dmsetup resume failing' \
    || lab_die "the device mapper did not take the table"
}

# What the last flash has left must not pass for the next one's work.
spoil_disk ()
{
  board_ssh root "tr '\\0' '\\252' </dev/zero |
    dd of=/dev/loop1 bs=1M iflag=fullblock count=$image_mib oflag=direct status=none" </dev/null
}

run_client ()
{
  client_start --stream --device /dev/loop1 --confirm "board-$name" "root@board-$name" "$image"
  client_wait 300
}

expect_stopped ()       # WORDS
{
  run_client
  [ "$CLIENT_STATUS" -eq 5 ] || lab_die "exit status $CLIENT_STATUS, not 5"
  grep -q "$1" "$BOARD_DIR/flash.log" || lab_die "it did not say: $1"
  ! grep -q '^Done' "$BOARD_DIR/flash.log" || lab_die "it said that it is done"
}

check_status ()
{
  flash-live-remote status -F "$BOARD_SSH_CONFIG" "root@board-$name" </dev/null \
    >"$BOARD_DIR/status.log" 2>&1 || lab_die "no status is told"
  sed 's/^/    | /' "$BOARD_DIR/status.log"
}

expect_done ()
{
  run_client
  [ "$CLIENT_STATUS" -eq 0 ] || lab_die "exit status $CLIENT_STATUS, not 0"
  compare_medium
  : >"$BOARD_DIR/flash.log"
}

compare_medium ()
{
  local size found
  size=$(stat -c %s "$image")
  found=$(board_ssh root "head -c $size /dev/shm/medium | sha256sum" </dev/null)
  [ "${found%% *}" = "$(sha256sum <"$image" | cut -d' ' -f1)" ] \
    || lab_die "what lies on the disk is not the image"
}

expect_done_in_the_end ()
{
  local try
  for try in 1 2 3 4 5 6; do
    run_client
    # 3: an error was met before the first write.
    case $CLIENT_STATUS in
      0) break ;;
      3 | 5) ;;
      *) lab_die "exit status $CLIENT_STATUS, not 0, 3 or 5" ;;
    esac
  done
  [ "$CLIENT_STATUS" -eq 0 ] || lab_die "not done after $try attempts"
  compare_medium
}

main
