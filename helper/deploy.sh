#!/bin/sh
# SPDX-License-Identifier: MIT
# deploy.sh: makes the RAM root and starts the session in it.  The client runs
# it as root with the board's own sh, behind assignments of BUSYBOX,
# BUSYBOX_SIZE, HELPER_SIZE, SCRIPT_SIZE, SESSION_SIZE, KEY_SIZE, PATCH_SIZE,
# LIFEBOAT, RAM_SIZE and TARGET, and, with LIFEBOAT=yes, behind lifeboat.sh; the files follow
# on stdin (docs/protocol.md, section 2).  Exit status 10: another session is
# there; 11: this flash-helper does not run here, and another one may.
# IMAGE_FILE is only set where the image lies on this board and stays there.
# With PURPOSE=survey there is no session: behind flash-helper, the only file,
# come questions about the disk of TARGET_SIZE bytes, and nothing stays behind.

# shellcheck disable=SC2015 # behind || stands only what ends the script

set -u
umask 077
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

ram_root=/run/flash-live-remote
# What flash.sh and flash-helper run.
applets='cat dd reboot rm sh sleep sync tr'
# What this script and lifeboat.sh run, besides what the shell itself has.
commands='cat chmod chroot cp ln mkdir mknod mount rm rmdir sleep tr umount uname
 wc'
place=$ram_root         # where that really is: /run may be a link
made_run=no             # whether /run is ours to remove
made=no                 # whether ram_root is ours to remove

fail ()
{
  echo "deploy: $*" >&2
  exit 1
}

is_number ()
{
  case $1 in '' | *[!0-9]*) return 1 ;; esac
}

effective_user ()
{
  while read -r name _ number _; do
    [ "$name" != Uid: ] || echo "$number"
  done </proc/self/status
}

check_assignments ()
{
  for size in "$HELPER_SIZE" "$BUSYBOX_SIZE" "$SCRIPT_SIZE" "$SESSION_SIZE" \
    "$KEY_SIZE" "$PATCH_SIZE" "$RAM_SIZE"; do
    is_number "$size" || fail "'$size' is not a number of bytes"
  done
  is_number "${TARGET%%:*}" && is_number "${TARGET#*:}" ||
    fail "'$TARGET' is not MAJOR:MINOR"
  case $BUSYBOX in
    '') [ "$BUSYBOX_SIZE" -gt 0 ] || [ "$PURPOSE" != session ] ||
          fail "there is no busybox" ;;
    /*) [ -x "$BUSYBOX" ] || fail "$BUSYBOX is not there" ;;
    *) fail "'$BUSYBOX' is not a path" ;;
  esac
  busybox_name=$BUSYBOX
  [ "$BUSYBOX_SIZE" = 0 ] || busybox_name='the busybox that was sent'
  [ "$(effective_user)" = 0 ] || fail "this needs root"
  case $PURPOSE in
    session) ;;
    survey) is_number "$TARGET_SIZE" ||
              fail "'$TARGET_SIZE' is not a number of bytes" ;;
    *) fail "'$PURPOSE' is no purpose" ;;
  esac
}

# list_applets BUSYBOX...: sets known, the names of its applets; or said, if it does
# not run.
list_applets ()
{
  known=' '
  said=$("$@" --list 2>&1 </dev/null) || return 1
  for applet in $said; do
    known="$known$applet "
  done
}

# Of those that are known, the RAM root needs some.
require_applets ()
{
  lacking=
  for applet in $applets; do
    case $known in *" $applet "*) ;; *) lacking="$lacking $applet" ;; esac
  done
  [ -z "$lacking" ] || fail "$busybox_name lacks$lacking"
}

# The board's own commands, or those of its busybox: not every board has links
# to all of them.
find_commands ()
{
  known=' ' lacking=
  if [ -n "$BUSYBOX" ]; then
    list_applets "$BUSYBOX" || fail "$BUSYBOX does not run: $said"
  fi
  for command in $commands; do
    command -v "$command" >/dev/null 2>&1 && continue
    case $known in
      *" $command "*) eval "$command () { \"\$BUSYBOX\" $command \"\$@\"; }" ;;
      *) lacking="$lacking $command" ;;
    esac
  done
  [ -z "$lacking" ] ||
    fail "this board lacks$lacking${BUSYBOX:+, and so does $BUSYBOX}"
  [ "$PURPOSE:$BUSYBOX_SIZE" != session:0 ] || require_applets
}

# -- The lock -----------------------------------------------------------------

is_mounted ()
{
  while read -r _ mount_point _; do
    [ "$mount_point" = "$place" ] && return 0
  done </proc/mounts
  return 1
}

# Remove what is in the way, if it can only be dead.
unmount_ram_root ()
{
  while is_mounted; do
    umount "$place" 2>/dev/null || umount -l "$place" || return 1
  done
  rmdir "$ram_root" 2>/dev/null || [ ! -e "$ram_root" ] || return 1
}

is_running ()
{
  is_number "$1" && [ -d "/proc/$1" ] && [ "$(cat "/proc/$1/comm")" = "$2" ]
}

# The first words of a file, "" when there is none.
content_of ()
{
  [ -f "$1" ] || return 0
  IFS= read -r content <"$1" || :
  echo "$content"
}

refuse ()
{
  echo "deploy: $1" >&2
  exit 10
}

# A session lives as long as it answers, or its process or its guardian is
# there; before that, a deployment lives as long as its shell.
remove_dead_session ()
{
  is_mounted || sleep 2         # it may just have been made
  if status=$("$ram_root/bin/flash-helper" status -r "$ram_root" 2>/dev/null)
  then
    echo "$status" >&2
    refuse "another session is there"
  fi
  for file in guardian pid; do
    is_running "$(content_of "$ram_root/$file")" flash-helper &&
      refuse "another session is there, but does not answer"
  done
  deployer=$(content_of "$ram_root/deploying")
  [ -d "/proc/${deployer:-none}" ] &&
    refuse "another deployment is under way (process $deployer)"
  unmount_ram_root || fail "the remains of an old session cannot be removed"
}

take_lock ()
{
  if [ ! -d /run ]; then
    mkdir -m 755 /run || fail "this board has no /run, and it cannot be made"
    made_run=yes
  fi
  place=$(cd -P /run && pwd)/flash-live-remote
  if ! mkdir -m 700 "$ram_root" 2>/dev/null; then
    [ -d "$ram_root" ] && [ ! -L "$ram_root" ] ||
      fail "$ram_root cannot be made: is /run writable?"
    remove_dead_session
    mkdir -m 700 "$ram_root" || refuse "another session has just begun"
  fi
  made=yes
}

clean_up ()
{
  status=$?
  trap '' HUP INT PIPE TERM
  trap - EXIT
  if [ "$made" = yes ]; then
    unmount_ram_root || echo "deploy: $ram_root could not be removed" >&2
  fi
  [ "$made_run" = no ] || rmdir /run
  exit "$status"
}

# -- Filling the RAM root -----------------------------------------------------

mount_ram_root ()
{
  # No nodev, no noexec: it becomes somebody's root.
  mount -t tmpfs -o "mode=0700,size=$RAM_SIZE,nosuid" flash-live-remote \
    "$ram_root" || fail "a tmpfs cannot be mounted on $ram_root"
  # The session removes it in the end.
  [ "$made_run" = no ] || echo yes >"$ram_root/made-run"
  echo $$ >"$ram_root/deploying" &&
    mkdir "$ram_root/bin" "$ram_root/dev" "$ram_root/proc" "$ram_root/sys" ||
    fail "the RAM root cannot be filled"
}

# The board's dd, for want of a busybox.
take_bytes ()
{
  ${BUSYBOX:+"$BUSYBOX"} dd "$@" 2>/dev/null
}

# Take exactly $1 bytes off stdin to the file $2: whole blocks, then the rest a
# byte at a time, for a read beyond it would eat the next file.
receive_file ()
{
  block=65536
  take_bytes bs=1 count=0 iflag=fullblock </dev/null >/dev/null || block=1
  {
    if [ "$block" = 1 ]; then
      take_bytes bs=1 count="$1"
    else
      take_bytes bs=$block count=$(($1 / block)) iflag=fullblock &&
        take_bytes bs=1 count=$(($1 % block))
    fi
  } >"$2" || fail "$2 could not be written: is $RAM_SIZE bytes of RAM too little?"
  received=$(wc -c <"$2")
  [ "$((received))" = "$1" ] ||
    fail "$2: only $((received)) of $1 bytes arrived"
}

receive_helper ()
{
  receive_file "$HELPER_SIZE" "$ram_root/bin/flash-helper"
  chmod 700 "$ram_root/bin/flash-helper" || fail "chmod failed"
}

# An image on another disk of this board, which stays where it is: the session
# reads it in the place of a copy, also when nothing else of the old root is there.
refer_to_image ()
{
  [ -n "${IMAGE_FILE:-}" ] || return 0
  true >"$ram_root/staged" && true >"$ram_root/staged-in-place" &&
    mount -o bind "$IMAGE_FILE" "$ram_root/staged" ||
    fail "$IMAGE_FILE cannot be bound into the RAM root"
}

receive_files ()
{
  if [ "$BUSYBOX_SIZE" -gt 0 ]; then
    receive_file "$BUSYBOX_SIZE" "$ram_root/bin/busybox"
  fi
  receive_file "$SCRIPT_SIZE" "$ram_root/flash.sh"
  receive_file "$SESSION_SIZE" "$ram_root/session"
}

receive_patch ()
{
  receive_file "$PATCH_SIZE" "$ram_root/patch"
}

# Copy files to the same places in the RAM root, with few processes: each takes
# its time on a small board.
copy_files ()
{
  folders=
  for path; do
    case $path in
      [!/]* | *[!A-Za-z0-9/_.+-]* | */../*) fail "$path: an odd path" ;;
    esac
    case " $folders " in
      *" ${path%/*}/ "*) ;;
      *) folders="$folders ${path%/*}/" ;;
    esac
  done
  for folder in $folders; do
    files=
    for path; do
      case "${path%/*}/ $files " in
        *" $path "*) ;;
        "$folder "*) [ -e "$ram_root$path" ] || files="$files $path" ;;
      esac
    done
    [ -n "$files" ] || continue
    # shellcheck disable=SC2086 # one word a file
    mkdir -p "$ram_root$folder" && cp -L $files "$ram_root$folder" ||
      fail "$files: cannot be copied to the RAM root"
  done
}

# Copy the libraries of $1, from lines on stdin like
# "libc.so.6 => /lib/libc.so.6 (0x...)" and "/lib/ld.so (0x...)".
copy_libraries ()
{
  missing=
  paths=
  while read -r first second third _; do
    case "$first $second $third" in
      *"not found"*) missing=$first ;;
      /*) paths="$paths $first" ;;
      *" => "/*) paths="$paths $third" ;;
    esac
    # glibc before 2.34 loads what finds users and groups by name.
    case $third in
      /*/libc.so.6) [ ! -e "${third%/*}/libnss_files.so.2" ] ||
                      paths="$paths ${third%/*}/libnss_files.so.2" ;;
    esac
  done
  [ -z "$missing" ] || fail "$1: the library $missing is missing"
  # shellcheck disable=SC2086
  copy_files $paths
}

# The libraries of $1, as its own loader lists them; glibc's and musl's can.  A
# static program has none.  The program itself is not started.
list_libraries ()
{
  loader=$("$ram_root/bin/flash-helper" loader "$1" </dev/null) ||
    fail "$1 is no program that can be copied"
  [ -n "$loader" ] || return 0
  libraries=$("$loader" --list "$1" 2>&1 </dev/null) ||
    case $loader in
      */ld-musl-* | */ld-linux* | */ld64.so* | */ld.so*)
        fail "$1: its libraries cannot be loaded: $libraries" ;;
      *)
        libraries=$(ldd "$1" 2>&1 </dev/null) ||
          fail "$1: neither $loader nor ldd lists its libraries: $libraries" ;;
    esac
  echo "$libraries"
}

# The board's own; one that the client has sent is there already, and static.
copy_busybox ()
{
  cat "$BUSYBOX" >"$ram_root/bin/busybox" || fail "$BUSYBOX cannot be copied"
  list_libraries "$BUSYBOX" >"$ram_root/libraries" &&
    copy_libraries "$BUSYBOX" <"$ram_root/libraries"
  rm -f "$ram_root/libraries"
}

# Where the loaders look beyond their own directories.
copy_loader_paths ()
{
  for file in /etc/ld.so.cache /etc/ld-musl-*.path; do
    [ -f "$file" ] || continue
    mkdir -p "$ram_root/etc" && cat "$file" >"$ram_root$file" ||
      fail "$file cannot be copied"
  done
}

prove_busybox ()
{
  chmod 755 "$ram_root/bin/busybox" || fail "chmod failed"
  if [ "$BUSYBOX_SIZE" -gt 0 ]; then
    list_applets chroot "$ram_root" /bin/busybox ||
      fail "$busybox_name does not run inside the RAM root: $said"
    require_applets
  fi
  # shellcheck disable=SC2016 # expanded by the shell that is proven
  said=$(echo works | chroot "$ram_root" /bin/busybox sh -c \
    'set -u; PATH=/bin; read -r line && [ -n "$line" ] && echo "$line" && true' 2>&1)
  [ "$said" = works ] ||
    fail "$busybox_name does not run inside the RAM root: $said"
}

link_applets ()
{
  for applet in $applets; do
    ln -s busybox "$ram_root/bin/$applet" || fail "$applet cannot be linked"
  done
}

make_devices ()
{
  mknod -m 666 "$ram_root/dev/null" c 1 3 &&
    mknod -m 600 "$ram_root/dev/kmsg" c 1 11 &&
    mknod -m 600 "$ram_root/dev/target" b "${TARGET%%:*}" "${TARGET#*:}" ||
    fail "the device nodes cannot be made"
}

# Before anything else is made: on another board another flash-helper may run.
prove_helper ()
{
  said=$(chroot "$ram_root" /bin/flash-helper --version 2>&1 </dev/null)
  status=$?
  case $status:$said in
    '0:flash-helper '*) return ;;
  esac
  echo "flash-helper does not run on this board ($(uname -m)):" \
    "exit status $status: $said" >&2
  exit 11
}

# -- The start ----------------------------------------------------------------

start_session ()
{
  answer=$("$ram_root/bin/flash-helper" session start -r "$ram_root") ||
    fail "the session did not start"
  case $answer in
    "FLR1-SESSION "*) ;;
    *) fail "the session did not start: $answer" ;;
  esac
  made=no made_run=no           # they are the session's now
  rm -f "$ram_root/deploying"
}

# In the foreground: the client's end, whatever it is, is the end of its stdin
# or stdout.
survey ()
{
  "$ram_root/bin/flash-helper" survey -r "$ram_root" "$TARGET_SIZE"
  exit
}

# -- The plan -----------------------------------------------------------------

trap clean_up EXIT
# PIPE too: a word to a client that is gone must not be the last act.
trap 'exit 1' HUP INT PIPE TERM

check_assignments
find_commands
take_lock
mount_ram_root
receive_helper
prove_helper
make_devices
[ "$PURPOSE" != survey ] || survey
receive_files
refer_to_image
[ "$BUSYBOX_SIZE" -gt 0 ] || copy_busybox
copy_loader_paths
prove_busybox
link_applets
[ "$LIFEBOAT" = no ] || build_lifeboat
[ "$PATCH_SIZE" = 0 ] || receive_patch
start_session
echo "FLR1-DEPLOYED ${answer#FLR1-SESSION }"
