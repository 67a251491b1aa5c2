# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Looks at a board and changes nothing.  It reaches `sh` on stdin, behind two
# assignments: FLASH_DEVICE, the value of --device, or nothing for the root disk;
# FLASH_PURPOSE, flash or survey (which only reads, so the disk may be in use).
#
# It prints key=value lines between two markers; what a key means is told where
# it is printed.  Root is needed only to talk to a flash that is running.
# Names in sysfs have neither blanks nor patterns, so lists of them are words.
#
# It runs under dash, busybox ash and bash, and uses nothing but their builtins
# and cat, readlink, sed, uname, id, df.

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

# Sets AS_ROOT; "access" is root, sudo, or why there is neither.
find_root_access () {
  AS_ROOT=
  if [ "$(id -u)" = 0 ]; then
    say access root
  elif ! command -v sudo >/dev/null 2>&1; then
    say access no-sudo
  elif sudo_words=$(sudo -n true 2>&1 </dev/null); then
    AS_ROOT='sudo -n'
    say access sudo
  else
    say access refused
    say access-error "$(printf '%s' "$sudo_words" | sed -n 1p)"
  fi
}

probe_memory () {
  while read -r name number _; do
    case $name in
      MemTotal:) say memory-total "$number" ;;            # kB
      MemAvailable:) say memory-available "$number" ;;    # kB
    esac
  done </proc/meminfo
  # shm=SIZE FREE in kB
  df -kP /dev/shm 2>/dev/null | sed -n '2s/^[^ ]* *\([0-9]*\) *[0-9]* *\([0-9]*\) .*/shm=\1 \2/p'
}

probe_tools () {
  for name in busybox dd findmnt lsblk systemctl; do
    say "tool-$name" "$(tool "$name")"
  done
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

# -- Block devices ------------------------------------------------------------

# What the kernel name $1 (directory $2 in sysfs) is, if it is anything else
# than a plain disk.
why_not_disk () {
  case $1 in
    dm-*)
      case $(content "$2/dm/uuid") in
        LVM-*) echo "an LVM volume" ;;
        CRYPT-VERITY-*) echo "a dm-verity device" ;;
        CRYPT-*) echo "an encrypted device (LUKS, dm-crypt)" ;;
        mpath-*) echo "a multipath device" ;;
        *) echo "a device mapper device" ;;
      esac ;;
    md*) echo "an MD RAID array" ;;
    zram*) echo "a zram device" ;;
    ram*) echo "a RAM disk" ;;
    loop*) echo "a loop device" ;;
    nbd*) echo "a network block device" ;;
    rbd*) echo "a Ceph block device" ;;
    drbd*) echo "a DRBD device" ;;
    bcache*) echo "a bcache device" ;;
    mtdblock* | ubiblock*) echo "raw flash memory behind a translation layer" ;;
    sr* | fd*) echo "a removable drive that is no disk" ;;
    mmcblk*boot* | mmcblk*rpmb | mmcblk*gp*) echo "a special area of an eMMC" ;;
    sd[a-z]* | hd[a-z]* | vd[a-z]* | xvd[a-z]* | mmcblk[0-9]* | nvme[0-9]*n[0-9]*) ;;
    *) echo "a kind of block device that is not known here" ;;
  esac
}

# holders_of DIRECTORY: the kernel names of the devices made upon it
holders_of () {
  for holder in "$1"/holders/*; do
    [ -e "$holder" ] && printf '%s ' "${holder##*/}"
  done
}

# partitions_of DIRECTORY: the directories of its partitions, a line each
partitions_of () {
  for partition in "$1"/*/partition; do
    [ -e "$partition" ] && echo "${partition%/partition}"
  done
}

# disks_under DIRECTORY: the disks that a block device finally lies on
disks_under () (
  found=
  for slave in "$1"/slaves/*; do
    [ -e "$slave" ] || continue
    found=yes
    disks_under "$(readlink -f "$slave")"
  done
  if [ -z "$found" ]; then
    [ -e "$1/partition" ] && set -- "${1%/*}"
    printf '%s ' "${1##*/}"
  fi
)

# -- Mounts and swap ----------------------------------------------------------

# Sets root_number, root_type, root_source: the file system that / is on.  Of
# several mounts on /, the last one counts.
find_root () {
  root_number='' root_type='' root_source=''
  while read -r _ _ number _ point rest; do
    [ "$point" = / ] || continue
    rest=" $rest"
    rest=${rest#* - }
    root_number=$number
    root_type=${rest%% *}
    rest=${rest#* }
    root_source=${rest%% *}
  done </proc/self/mountinfo
}

# mounts_of DIRECTORY...: "mount=DEVICE TYPE POINT" for everything mounted from
# these devices (a POINT with its blanks as \040).  btrfs shows a number of its
# own, so its source is looked at, too.
mounts_of () {
  wanted=' ' wanted_names=' '
  for directory in "$@"; do
    wanted="$wanted$(content "$directory/dev")=${directory##*/} "
    wanted_names="$wanted_names${directory##*/} "
  done
  while read -r _ _ number _ point rest; do
    rest=" $rest"
    rest=${rest#* - }
    type=${rest%% *}
    rest=${rest#* }
    source=${rest%% *}
    case $wanted in
      *" $number="*)
        name=${wanted#*" $number="}
        say mount "${name%% *} $type $point"
        continue ;;
    esac
    case $number:$source in
      0:*:/dev/*)
        name=$(readlink -f "$source")
        case $wanted_names in
          *" ${name##*/} "*) say mount "${name##*/} $type $point" ;;
        esac ;;
    esac
  done </proc/self/mountinfo
}

# swaps_of DIRECTORY...: "swap=DEVICE" for every swap space on these devices
swaps_of () {
  while read -r path type _; do
    [ "$type" = partition ] || continue
    path=$(readlink -f "$path")
    for directory in "$@"; do
      [ "${path##*/}" = "${directory##*/}" ] && say swap "${path##*/}"
    done
  done </proc/swaps
}

# A file system that is mounted where this shell cannot see it (another mount
# namespace, below an overlay) still shows up here.
hidden_user_of () {
  for user in /sys/fs/ext4/"$1" /sys/fs/f2fs/"$1" /sys/fs/xfs/"$1" /sys/fs/btrfs/*/devices/"$1"; do
    [ -e "$user" ] && echo "$user" && return 0
  done
  return 1
}

# -- The target ---------------------------------------------------------------

# describe_disk DIRECTORY: what is known of a disk, with its partitions
describe_disk () {
  name=${1##*/}
  say disk "$name"
  say disk-number "$(content "$1/dev")"                   # MAJOR:MINOR
  say disk-sectors "$(content "$1/size")"                 # of 512 bytes
  say disk-block "$(content "$1/queue/logical_block_size")"
  say disk-removable "$(content "$1/removable")"
  say disk-read-only "$(content "$1/ro")"
  model=$(content "$1/device/model")
  [ -n "$model" ] || model=$(content "$1/device/name")    # SD and MMC
  [ -n "$model" ] || model=$(content "$1/loop/backing_file")
  say disk-model "$model"
  serial=$(content "$1/serial")                           # virtio, NVMe
  [ -n "$serial" ] || serial=$(content "$1/device/serial")
  say disk-serial "$serial"
  # shellcheck disable=SC2046
  set -- "$1" $(partitions_of "$1")
  for directory in "$@"; do
    [ -e "$directory/partition" ] || continue
    # partition=NAME START SECTORS, of 512 bytes
    say partition "${directory##*/} $(content "$directory/start") $(content "$directory/size")"
  done
  mounts_of "$@"
  swaps_of "$@"
}

# in_use_by_holders DIRECTORY: says which device is made upon the disk or one of
# its partitions
in_use_by_holders () {
  for directory in "$1" $(partitions_of "$1"); do
    for holder in $(holders_of "$directory"); do
      kind=$(why_not_disk "$holder" "/sys/class/block/$holder")
      echo "${directory##*/} is part of $holder, ${kind:-another block device}"
      return 0
    done
  done
  return 1
}

# The root file system must lie on a plain partition of a plain disk.
probe_root_disk () {
  case $root_number in
    '') say refused "no root file system was found in /proc/self/mountinfo"; return ;;
    0:*)
      case $root_type in
        overlay) reason="an overlay" ;;
        btrfs) reason="btrfs, which may span several devices" ;;
        nfs | nfs4 | cifs | smb3 | 9p | virtiofs) reason="$root_type, on the network or a host" ;;
        tmpfs | ramfs | rootfs) reason="$root_type, in memory" ;;
        *) reason=$root_type ;;
      esac
      say refused "its root file system is $reason, not on a plain partition"
      return ;;
  esac
  root_directory=$(readlink -f "/sys/dev/block/$root_number")
  if [ -z "$root_directory" ] || ! [ -d "$root_directory" ]; then
    say refused "its root device $root_number ($root_source) is not in sysfs"
    return
  fi
  if ! [ -e "$root_directory/partition" ]; then
    reason=$(why_not_disk "${root_directory##*/}" "$root_directory")
    say refused "its root file system lies on ${root_directory##*/}, ${reason:-a whole disk without a partition table}"
    return
  fi
  disk_directory=${root_directory%/*}
  reason=$(why_not_disk "${disk_directory##*/}" "$disk_directory")
  if [ -n "$reason" ]; then
    say refused "its root file system lies on ${root_directory##*/}, a partition of $reason"
    return
  fi
  if [ "$FLASH_PURPOSE" != survey ] && user=$(in_use_by_holders "$disk_directory"); then
    say refused "on its root disk ${disk_directory##*/}, $user"
    return
  fi
  say root-partition "${root_directory##*/}"
  describe_disk "$disk_directory"
}

# --device: a whole disk (or a loop device), for a flash one that nobody uses
probe_device () {
  device=$(readlink -f -- "$1")
  [ -e "${device:-/nonexistent}" ] || { say refused "it has no $1"; return; }
  [ -b "$device" ] || { say refused "its $1 is no block device"; return; }
  name=${device##*/}
  directory=$(readlink -f "/sys/class/block/$name")
  [ -d "$directory" ] || { say refused "its $1 is not in sysfs"; return; }
  [ -e "$directory/partition" ] && { say refused "its $1 is a partition; a whole disk is needed"; return; }

  case $name in
    loop*)
      [ -e "$directory/loop/backing_file" ] || { say refused "its loop device $1 has no file"; return; } ;;
    *)
      reason=$(why_not_disk "$name" "$directory")
      [ -z "$reason" ] || { say refused "its $1 is $reason, not a plain disk"; return; } ;;
  esac
  if [ "$FLASH_PURPOSE" = survey ]; then
    describe_disk "$directory"
    return
  fi
  root_disks=' '
  [ -e "/sys/dev/block/$root_number" ] &&
    root_disks=" $(disks_under "$(readlink -f "/sys/dev/block/$root_number")")"
  case $root_disks in
    *" $name "*) say refused "its $1 is the disk that it runs from; leave --device out to replace it"; return ;;
  esac
  if user=$(in_use_by_holders "$directory"); then
    say refused "on its $1, $user"
    return
  fi
  # shellcheck disable=SC2046
  used=$(mounts_of "$directory" $(partitions_of "$directory"); swaps_of "$directory" $(partitions_of "$directory"))
  if [ -n "$used" ]; then
    say refused "its $1 is in use: $(printf '%s\n' "$used" | sed -n '1s/=/ /p')"
    return
  fi
  for part in "$directory" $(partitions_of "$directory"); do
    if user=$(hidden_user_of "${part##*/}"); then
      say refused "its $1 is in use: ${part##*/} is mounted (see $user)"
      return
    fi
  done
  describe_disk "$directory"
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
  [ -d /run ] && say run yes
  probe_session

  find_root
  say root "$root_number $root_type $root_source"
  if [ -n "$FLASH_DEVICE" ]; then
    probe_device "$FLASH_DEVICE"
  else
    probe_root_disk
  fi
  echo FLR1-PROBE-END
}

main </dev/null
