# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Looks at a board and changes nothing.  It reaches `sh` on stdin, behind
# probe-devices.sh and probe-root.sh, which look at its disks, and two
# assignments: FLASH_DEVICE, the value of --device, or nothing for the root disk;
# FLASH_PURPOSE, flash or survey (which only reads, so the disk may be in use).
#
# It prints key=value lines between two markers; what a key means is told where
# it is printed.  Root is needed only to talk to a flash that is running.
# Names in sysfs have neither blanks nor patterns, so lists of them are words.
#
# It runs under dash, busybox ash and bash, and uses nothing but their builtins
# and cat, readlink, sed, uname.

RAM_ROOT=/run/flash-live-remote

say () {
  printf '%s=%s\n' "$1" "$2"
}

# content FILE: its text on one line, nothing if it cannot be read; to be called
# in a substitution.  (Device tree strings end in a NUL byte, which bash
# complains about.)
content () {
  [ -r "$1" ] || return 0
  { content_text=$(cat "$1"); } 2>/dev/null
  set -f
  # shellcheck disable=SC2086
  set -- $content_text
  printf '%s' "$*"
}

# tool NAME: the path of the program itself, behind all links
tool () {
  tool_path=$(command -v "$1" 2>/dev/null)
  case $tool_path in
    /*) readlink -f "$tool_path" ;;
  esac
}

# -- The system ---------------------------------------------------------------

# A 32-bit program has no address of more than eight digits.
userland_bits () {
  bits=32
  while IFS='- ' read -r address _; do
    [ ${#address} -gt 8 ] && bits=64
  done </proc/self/maps
  echo $bits
}

board_model () {
  model=$(content /proc/device-tree/model)
  [ -n "$model" ] || model=$(content /sys/class/dmi/id/product_name)
  printf '%s' "$model"
}

effective_user () {
  while read -r name _ number _; do
    [ "$name" = Uid: ] && echo "$number"
  done </proc/self/status
}

# Sets AS_ROOT; "access" is root, sudo, doas, sudo-password (which the client asks
# for), or why there is none of them: no-sudo, refused, doas-refused.
find_root_access () {
  AS_ROOT='' access='' access_words=''
  if [ "$(effective_user)" = 0 ]; then
    access=root
  elif command -v sudo >/dev/null 2>&1; then
    access_words=$(sudo -n true 2>&1 </dev/null) && access=sudo AS_ROOT='sudo -n'
  fi
  if [ -z "$access" ] && command -v doas >/dev/null 2>&1; then
    if doas_words=$(doas -n true 2>&1 </dev/null); then
      access=doas AS_ROOT='doas -n'
    elif [ -z "$access_words" ]; then
      access=doas-refused access_words=$doas_words
    fi
  fi
  if [ -z "$access" ]; then
    case $access_words in
      '') access=no-sudo ;;
      *'password is required'* | *'authentication is required'*) access=sudo-password ;;
      *) access=refused ;;
    esac
  fi
  say access "$access"
  case $access in
    *refused) say access-error "$(printf '%s' "$access_words" | sed -n 1p)" ;;
  esac
}

probe_memory () {
  while read -r name number _; do
    case $name in
      MemTotal:) say memory-total "$number" ;;            # kB
      MemAvailable:) say memory-available "$number" ;;    # kB
    esac
  done </proc/meminfo
}

probe_tools () {
  for name in busybox dd; do
    say "tool-$name" "$(tool "$name")"
  done
}

# Rules that hold for root, too; lacks=WHAT is needed here and not there.
probe_rules () {
  [ "$(content /sys/fs/selinux/enforce)" = 1 ] && say selinux enforcing
  [ "$(content /sys/module/apparmor/parameters/enabled)" = Y ] && say apparmor yes
  [ "$(readlink -f /proc/self/.. 2>/dev/null)" = /proc ] || say lacks "a readlink that knows -f"
}

# A flash that is running here answers with its status record.
probe_session () {
  [ -d "$RAM_ROOT" ] || return 0
  say session-directory yes
  # shellcheck disable=SC2086
  if words=$($AS_ROOT "$RAM_ROOT/bin/flash-helper" status -r "$RAM_ROOT" 2>&1 </dev/null); then
    say session "$(printf '%s\n' "$words" | sed -n '/^FLR1 session /{p;q;}')"
  else
    say session-error "$(printf '%s\n' "$words" | sed -n 1p)"
  fi
}

main () {
  PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  export PATH
  LC_ALL=C
  export LC_ALL

  echo FLR1-PROBE-BEGIN
  say machine "$(uname -m)"
  say kernel "$(uname -s) $(uname -r)"
  say bits "$(userland_bits)"
  say hostname "$(uname -n)"
  say boot-id "$(content /proc/sys/kernel/random/boot_id)"
  say model "$(board_model)"
  find_root_access
  probe_memory
  probe_tools
  [ -e /proc/sysrq-trigger ] && say sysrq yes
  probe_rules
  probe_session

  find_loops
  find_root
  say root "$root_number $root_type $root_source"
  find_root_devices
  if [ -n "$FLASH_DEVICE" ]; then
    probe_device "$FLASH_DEVICE"
  else
    probe_root_disk
  fi
  echo FLR1-PROBE-END
}

main </dev/null
