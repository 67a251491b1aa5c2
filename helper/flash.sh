#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# flash.sh: everything that happens to the board, in order; the plan is at the
# bottom.  Runs from the RAM root as the child of the session process
# (docs/protocol.md, section 4), with FLASH_* from the session file.
#
# Up to copy_image every way out leads through undo, and the board is as it was.
# Behind it no signal ends this script, a write that fails can be tried again,
# and a reboot happens only into a disk that was read back and compared.
#
# Whoever kills this script gets another one from the session process: with
# FLASH_UNDO=RESULT it only undoes, with FLASH_RESUME=yes it goes on with the
# write, with FLASH_RESUME=stopped it waits for another go before.

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

# CODE TEXT: the code is one of error-catalogue.def.
fail ()
{
  say error "text=$2" "code=$1" "written=$written"
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

# Killed, it goes on from what it has.
stage_image ()
{
  [ "$FLASH_MODE" = ramfs ] || return 0
  for _ in 1 2 3 4 5; do
    flash-helper stage && return 0
    status=$?
    [ $status -gt 128 ] || exit 1
    say note "text=staging was killed by signal $((status - 128)); it goes on"
  done
  fail staging-failed "staging was killed again and again: is the board out of memory?"
}

wait_for_go ()
{
  say ready
  flash-helper wait-for-go && return 0
  result=aborted
  exit 1
}

# -- Quieting the old system, with a way back ---------------------------------

# Each step sets its way back down before it changes anything; a full RAM root
# must not make it one without.
will_undo ()
{
  echo "$1" >>/undo-steps || fail ram-root-full "the RAM root is full"
}

hold_lifeboat ()
{
  [ "$FLASH_LIFEBOAT" = yes ] || return 0
  will_undo release_lifeboat
  flash-helper lifeboat-hold || exit 1
}

release_lifeboat ()
{
  flash-helper lifeboat-release
}

has_command ()
{
  # shellcheck disable=SC2016 # expanded by the old root's shell
  on_old_root sh -c 'command -v "$1"' sh "$1" >/dev/null 2>&1
}

# The services of the board, one a line to /units; sets manager, "" for none.
# systemd: those that run, and the sockets that would start them again.
list_units ()
{
  manager=systemd
  has_command systemctl && on_old_root systemctl list-units --type=service,socket \
    --state=running,listening --no-legend --no-pager --plain --full >/units &&
    return
  manager=init.d folders=/etc/init.d file=
  if has_command rc-service; then manager=openrc
  elif has_command sv; then manager=runit file=/run
    folders='/etc/service /var/service /service'
  elif has_command service; then manager=service
  fi
  # shellcheck disable=SC2016,SC2086
  on_old_root sh -c 'for folder; do for unit in "$folder"/*; do
      [ -f "$unit$0" ] && [ -x "$unit$0" ] && echo "${unit##*/}"; done; done
    true' "$file" $folders >/units
  [ -s /units ] || manager=
}

# Whether the unit $1 matches one of FLASH_STOP_SERVICES, with or without its
# ".service", or the S50 before it.
is_to_stop ()
{
  for pattern in $FLASH_STOP_SERVICES; do
    for name in "$1" "${1%.*}" "${1#S[0-9][0-9]}"; do
      # shellcheck disable=SC2254 # it is a pattern
      case $name in $pattern) return 0 ;; esac
    done
  done
  return 1
}

# control start|stop|status UNIT..., of which only systemd takes several.
control ()
{
  verb=$1
  shift
  case $manager in
    systemd) on_old_root systemctl "$verb" "$@" ;;
    openrc) on_old_root rc-service "$1" "$verb" ;;
    runit) on_old_root sv "$verb" "$1" ;;
    service) on_old_root service "$1" "$verb" ;;
    init.d) on_old_root "/etc/init.d/$1" "$verb" ;;
  esac
}

# What does not run must not be started by the undo.  A script that does not
# know `status` may have left the number of its process.
is_running ()
{
  [ "$manager" != systemd ] || return 0
  words=$(control status "$1" 2>&1)
  status=$?
  case $status$words in
    0*inactive* | 0*stopped* | 0*"not running"* | 0down:*) return 1 ;;
    0*) return 0 ;;
  esac
  # shellcheck disable=SC2016
  on_old_root sh -c 'for file in "/run/$1.pid" "/var/run/$1.pid"; do
      [ -f "$file" ] && read -r pid <"$file" && [ -d "/proc/${pid:-none}" ] && exit
    done; exit 1' sh "${1#S[0-9][0-9]}"
}

# fd 4, for what runs here must not read the list.
list_units_to_stop ()
{
  while read -r unit _ <&4; do
    if is_to_stop "$unit" && is_running "$unit"; then
      echo "$unit" || return 1
    fi
  done 4</units
}

# each_unit VERB, of the stopped ones.
each_unit ()
{
  if [ "$manager" = systemd ]; then
    # shellcheck disable=SC2046 # one word a unit
    control "$1" $(cat /stopped-units)
    return
  fi
  while read -r unit <&4; do
    control "$1" "$unit" || return 1
  done 4</stopped-units
}

stop_services ()
{
  [ -n "$FLASH_STOP_SERVICES" ] || return 0
  phase stop-services
  list_units
  if [ -z "$manager" ]; then
    say note "text=this board has nothing that stops services: they are frozen\
 like every other process"
    return 0
  fi
  # shellcheck disable=SC2015 # behind it stands only what ends the script
  list_units_to_stop >/stopped-units && echo "$manager" >/service-manager ||
    fail ram-root-full "the RAM root is full"
  [ -s /stopped-units ] || return 0
  say note "text=stopping $(tr '\n' ' ' </stopped-units)"
  will_undo start_services
  each_unit stop || fail services-not-stopped "the services could not be stopped"
}

start_services ()
{
  read -r manager </service-manager
  each_unit start || say note "text=not every service could be started again"
}

# systemd would kill and start anew, from the overwritten root, each service
# that misses its watchdog while it is frozen.
hold_watchdogs ()
{
  is_root_disk || return 0
  [ "$(on_old_root systemctl service-watchdogs 2>/dev/null)" = yes ] || return 0
  will_undo release_watchdogs
  on_old_root systemctl service-watchdogs no ||
    say note "text=the watchdogs of services stay armed"
}

release_watchdogs ()
{
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
  will_undo swap_on
  while read -r priority path <&4; do
    echo "$priority $path" >>/swap-off || fail ram-root-full "the RAM root is full"
    flash-helper swap off "$path" || exit 1
  done 4</swap-areas
}

swap_on ()
{
  [ -e /swap-off ] || return 0
  while read -r priority path <&4; do
    flash-helper swap on "$priority" "$path"
  done 4</swap-off
}

# Who gets a lease renewed may need a script of the old root for it.
keep_addresses ()
{
  ! is_root_disk || flash-helper keep-addresses
}

# What must run on without the disk.
pin ()
{
  is_root_disk || return 0
  will_undo unpin
  flash-helper pin || exit 1
}

unpin ()
{
  flash-helper unpin
}

# SysRq-u makes every file system on every disk read-only, busy or not.
remount_read_only ()
{
  is_root_disk || return 0
  phase read-only
  flash-helper read-write >/were-writable || exit 1
  will_undo remount_read_write
  sync
  echo u >/proc/sysrq-trigger || fail sysrq-missing "this kernel has no SysRq"
  flash-helper wait-read-only || exit 1
}

remount_read_write ()
{
  while IFS= read -r mount_point <&4; do
    on_old_root mount -o remount,rw "$mount_point" ||
      say note "text=$mount_point stays read-only"
  done 4</were-writable
}

# From here on no program of the old system runs: on_old_root would hang.
freeze ()
{
  is_root_disk || return 0
  will_undo thaw
  flash-helper freeze || exit 1
}

thaw ()
{
  flash-helper thaw
}

# An array writes to all its members, also when nothing else does.
leave_arrays ()
{
  is_root_disk || return 0
  will_undo join_arrays
  flash-helper arrays leave || exit 1
}

join_arrays ()
{
  flash-helper arrays join
}

# Whatever is stacked on the disk has nothing more to write.
wait_quiet ()
{
  ! is_root_disk || flash-helper wait-quiet || exit 1
}

# -- The point of no return ---------------------------------------------------

# The session stays, and everything is as quiet as before; the journal is kept.
wait_for_another_go ()
{
  tell_what_to_do
  say state name=stopped
  until flash-helper wait-for-go; do sleep 1; done
}

# `write` copies, zeroes the holes, flushes, reads back, and repairs, from where
# the journal stands; status 2 says that it failed before its first write, and
# holds only for the first try.  The phase tells the session process that from
# here on nobody's absence ends the session.
copy_image ()
{
  trap '' TERM INT HUP
  written=partial
  [ "${FLASH_RESUME:-}" != stopped ] || wait_for_another_go
  first=yes
  [ -z "${FLASH_RESUME:-}" ] || first=no
  while :; do
    phase copy
    flash-helper write
    status=$?
    [ $status -ne 0 ] || break
    if [ $status -eq 2 ] && [ "$first" = yes ]; then
      written=no
      exit 1
    fi
    if [ $status -gt 128 ]; then
      # The session process starts this script again, and counts.
      say note "text=the writer was killed by signal $((status - 128))"
      exit 1
    fi
    wait_for_another_go
    first=no
  done
  written=yes
}

# -- Leaving ------------------------------------------------------------------

# What was done last comes first.  Done twice, after a kill, it does no harm.
# `true`, not `:`, which would end the shell where the file cannot be made.
undo ()
{
  true >/undoing
  [ -e /undo-steps ] || return 0
  steps=
  while read -r step; do
    steps="$step $steps"
  done </undo-steps
  for step in $steps; do
    $step
  done
}

tell_what_to_do ()
{
  if is_root_disk; then
    say error code=stopped-partly-written written=partial "text=$FLASH_TARGET_NAME\
 holds only a part of the image and will not start. Leave the board switched on: the\
 same command tries again and goes on from here; 'flash-live-remote abandon' gives up\
 and resets the board."
  else
    say error code=stopped-partly-written written=partial "text=$FLASH_TARGET_NAME\
 holds only a part of the image: the same command tries again and goes on from here;\
 'flash-live-remote abandon' gives up"
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
      exit 1            # the session process knows what to do
      ;;
    yes)
      if is_root_disk && [ "$FLASH_REBOOT" = yes ]; then
        reboot_board
      else
        ! is_root_disk || thaw
        say end result=done written=yes
      fi
      exit 0
      ;;
  esac
}

# -- The plan -----------------------------------------------------------------

set -f                  # patterns are for unit names, never for files
cd / || exit 1
trap leave EXIT

if [ -n "${FLASH_UNDO:-}" ] || [ -e /undoing ]; then
  result=${FLASH_UNDO:-failed}
  exit 1
fi
if [ -z "${FLASH_RESUME:-}" ]; then
  trap 'result=aborted; exit 1' TERM INT HUP
  rehearse
  stage_image
  wait_for_go
  hold_lifeboat
  stop_services
  hold_watchdogs
  sync_disks
  swap_off
  keep_addresses
  pin
  remount_read_only
  freeze
  leave_arrays
  wait_quiet
fi
copy_image
