#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# flash.sh: everything that happens to the board, in order; the plan is at the
# bottom.  Runs from the RAM root as the child of the session process
# (docs/protocol.md, section 4), with FLASH_* from the session file.
#
# Up to copy_image every way out leads through undo, and the board is as it was.
# Behind it no signal ends this script, and a reboot happens only into a disk
# that was read back and compared.

set -u

written=no              # no, partial, yes: what the disk holds of the image
result=failed           # what `end` says when written=no

# flash-helper says its own errors; so does this script, by `fail`.

say ()
{
  flash-helper say "$@"
}

phase ()
{
  say phase "name=$1"
  # A console or a later look into the kernel's log may be all that is left.
  { echo "flash-live-remote: $1" >/dev/kmsg; } 2>/dev/null
}

fail ()
{
  say error "text=$1" "written=$written"
  exit 1
}

is_root_disk ()
{
  [ "$FLASH_ROOT_DISK" = yes ]
}

on_old_root ()
{
  flash-helper on-old-root "$@"
}

# -- Proving that it will work ------------------------------------------------

rehearse ()
{
  flash-helper rehearse || exit 1
}

stage_image ()
{
  [ "$FLASH_MODE" = ramfs ] || return 0
  flash-helper stage || exit 1
}

wait_for_go ()
{
  say ready
  flash-helper wait-for-go && return 0
  result=aborted
  exit 1
}

# -- Quieting the old system, with a way back ---------------------------------

# Whether the unit $1 matches one of FLASH_STOP_SERVICES, with or without its
# ".service".
is_to_stop ()
{
  for pattern in $FLASH_STOP_SERVICES; do
    # shellcheck disable=SC2254 # it is a pattern
    case $1 in $pattern) return 0 ;; esac
    # shellcheck disable=SC2254
    case ${1%.*} in $pattern) return 0 ;; esac
  done
  return 1
}

# Services, and the sockets that would start them again.
list_units_to_stop ()
{
  while read -r unit _; do
    if is_to_stop "$unit"; then echo "$unit"; fi
  done </units
}

stop_services ()
{
  [ -n "$FLASH_STOP_SERVICES" ] || return 0
  phase stop-services
  if ! on_old_root systemctl list-units --type=service,socket \
      --state=running,listening --no-legend --no-pager --plain --full >/units
  then
    say note "text=systemd does not answer: no services are stopped"
    return 0
  fi
  list_units_to_stop >/stopped-units
  [ -s /stopped-units ] || return 0
  say note "text=stopping $(tr '\n' ' ' </stopped-units)"
  # shellcheck disable=SC2046 # one word a unit
  on_old_root systemctl stop $(cat /stopped-units) ||
    fail "the services could not be stopped"
}

start_services ()
{
  [ -s /stopped-units ] || return 0
  # shellcheck disable=SC2046
  on_old_root systemctl start $(cat /stopped-units) ||
    say note "text=not every service could be started again"
}

# systemd would kill and start anew, from the overwritten root, each service that
# misses its watchdog while it is frozen for the read-back.
hold_watchdogs ()
{
  is_root_disk || return 0
  [ "$(on_old_root systemctl service-watchdogs 2>/dev/null)" = yes ] || return 0
  echo yes >/held-watchdogs
  on_old_root systemctl service-watchdogs no ||
    say note "text=the watchdogs of services stay armed"
}

release_watchdogs ()
{
  [ -s /held-watchdogs ] || return 0
  on_old_root systemctl service-watchdogs yes
}

sync_disks ()
{
  phase sync
  sync
}

swap_off ()
{
  is_root_disk || return 0
  phase swap-off
  flash-helper swap list >/swap-areas || exit 1
  while read -r priority path <&4; do
    flash-helper swap off "$path" || exit 1
    echo "$priority $path" >>/swap-off
  done 4</swap-areas
}

swap_on ()
{
  [ -s /swap-off ] || return 0
  while read -r priority path <&4; do
    flash-helper swap on "$priority" "$path"
  done 4</swap-off
}

# SysRq-u makes every file system on every disk read-only, busy or not.
remount_read_only ()
{
  is_root_disk || return 0
  phase read-only
  flash-helper read-write >/were-writable || exit 1
  sync
  echo u >/proc/sysrq-trigger || fail "this kernel has no SysRq"
  flash-helper wait-read-only || exit 1
}

remount_read_write ()
{
  [ -s /were-writable ] || return 0
  while IFS= read -r mount_point <&4; do
    on_old_root mount -o remount,rw "$mount_point" ||
      say note "text=$mount_point stays read-only"
  done 4</were-writable
}

# -- The point of no return ---------------------------------------------------

# `write` copies, zeroes the holes, flushes, reads back, and repairs; status 2 says
# that it failed before its first write.  The phase tells the session process that from here on nobody's absence ends the session.
copy_image ()
{
  trap '' TERM INT HUP
  written=partial
  phase copy
  flash-helper write || {
    [ $? -ne 2 ] || written=no
    exit 1
  }
  written=yes
}

# -- Leaving ------------------------------------------------------------------

undo ()
{
  remount_read_write
  swap_on
  release_watchdogs
  start_services
}

tell_what_to_do ()
{
  if is_root_disk; then
    say error "written=partial" "text=$FLASH_TARGET_NAME holds only a part of\
 the image and will not start. Leave the board switched on: its old system may\
 still let you save what you need. Then write the disk from another machine."
  else
    say error "written=partial" "text=$FLASH_TARGET_NAME holds only a part of\
 the image: flash it again"
  fi
}

# From settle to the reset nothing runs that could write, and no sync: the old
# system's cache must not reach the new disk.
reboot_board ()
{
  phase reboot
  say end result=rebooting written=yes
  flash-helper wait-until-heard
  if ! flash-helper settle; then
    say end result=failed written=yes
    exit 1
  fi
  /bin/reboot -n -f &
  sleep 5
  echo b >/proc/sysrq-trigger
}

leave ()
{
  trap '' TERM INT HUP
  trap - EXIT
  case $written in
    no)
      undo
      say end "result=$result" written=no
      exit 1
      ;;
    partial)
      tell_what_to_do
      say end result=failed written=partial
      exit 1
      ;;
    yes)
      if is_root_disk && [ "$FLASH_REBOOT" = yes ]; then
        reboot_board
      else
        say end result=done written=yes
      fi
      exit 0
      ;;
  esac
}

# -- The plan -----------------------------------------------------------------

set -f                  # patterns are for unit names, never for files
cd / || exit 1
rm -f /units /stopped-units /held-watchdogs /swap-areas /swap-off /were-writable
trap leave EXIT
trap 'result=aborted; exit 1' TERM INT HUP

rehearse
stage_image
wait_for_go
stop_services
hold_watchdogs
sync_disks
swap_off
remount_read_only
copy_image
