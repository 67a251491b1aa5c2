# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # what probe.sh and its other parts set and use
#
# The part of probe.sh that finds the disk to flash: what the root file system
# lies on, down through all that is stacked there, or what --device names.  The
# client sends it in front of probe.sh, behind probe-devices.sh.

# -- The devices below the root file system -----------------------------------

# layers_of OPTIONS: the folders that an overlay is made of, a line each:
# upper=PATH or lower=PATH
layers_of () {
  printf '%s\n' "$1" | sed 's/,/\n/g' | while read -r option; do
    case $option in
      upperdir=*) tell "upper=${option#*=}" ;;
      lowerdir=* | lowerdir+=*)
        printf '%s\n' "${option#*=}" | sed 's/:/\n/g' | while read -r path; do
          [ -z "$path" ] || tell "lower=$path"
        done ;;
    esac
  done
}

# mount_line_of PATH: the line of mountinfo of the file system that PATH lies on;
# nothing when that is /, for a layer's path is one of the time before it was
mount_line_of () {
  longest='' best=''
  while read -r line; do
    split_mount "$line"
    [ "$mount_point" != / ] || continue
    case $1/ in
      "$mount_point"/*)
        [ ${#mount_point} -ge ${#longest} ] && longest=$mount_point best=$line ;;
    esac
  done </proc/self/mountinfo
  tell "$best"
}

# command_line_device: the directory of what the kernel was told by root=
command_line_device () {
  named=
  for word in $(content /proc/cmdline); do
    case $word in root=*) named=${word#root=} ;; esac
  done
  case $named in
    UUID=* | LABEL=* | PARTUUID=* | PARTLABEL=*)
      folder=$(printf '%s' "${named%%=*}" | sed 'y/ABDEILPRTU/abdeilprtu/')
      named=/dev/disk/by-$folder/${named#*=} ;;
    [0-9]*:[0-9]*) named=/sys/dev/block/$named ;;
  esac
  case $named in
    /dev/?* | /sys/dev/block/?*)
      named=$(readlink -f -- "$named")
      if [ -d "$named" ]; then
        echo "$named"
      elif [ -n "$named" ] && [ -e "/sys/class/block/${named##*/}" ]; then
        readlink -f "/sys/class/block/${named##*/}"
      fi ;;
  esac
}

# all_mounted: the devices of whatever is mounted, seen or not
all_mounted () {
  while read -r line; do
    split_mount "$line"
    devices_of_mount
  done </proc/self/mountinfo
  for user in /sys/fs/ext4/* /sys/fs/f2fs/* /sys/fs/xfs/* /sys/fs/btrfs/*/devices/*; do
    [ -e "/sys/class/block/${user##*/}" ] && readlink -f "/sys/class/block/${user##*/}"
  done
}

# all_disks: the board's plain disks that hold anything
all_disks () {
  for directory in /sys/class/block/*; do
    directory=$(readlink -f "$directory")
    [ -e "$directory/partition" ] && continue
    [ "$(content "$directory/size")" = 0 ] || [ -n "$(below "$directory")" ] ||
      [ -n "$(why_not_disk "$directory")" ] || echo "$directory"
  done
}

# What the overlay's layers lie on, and what the kernel was told.  Only where
# neither tells of a lower layer, what is mounted does, if there is but one disk.
find_overlay_devices () {
  unknown=
  set -f
  # shellcheck disable=SC2046
  set -- $(layers_of "$root_options")
  set +f
  for layer in "$@"; do
    path=${layer#*=}
    # The root before this one; OpenWrt moves it there.
    [ "$path" != / ] || path=/rom
    line=$(mount_line_of "$path")
    split_mount "$line"
    case $mount_type in
      nfs | nfs4 | cifs | smb3 | 9p | virtiofs | ceph)
        root_refused="its root file system is an overlay over $mount_type, which is not on its disk: there is nothing to flash"
        return ;;
    esac
    under=$(devices_of_mount)
    [ -z "$under" ] || root_devices="$root_devices $under"
    case $layer:$under in lower=*:) unknown="$unknown ${layer#*=}" ;; esac
  done
  told=$(command_line_device)
  if [ -n "$told" ]; then
    root_devices="$root_devices $told"
  elif [ -n "$unknown" ] || [ -z "$root_devices" ]; then
    root_devices="$root_devices $(all_mounted)"
    # shellcheck disable=SC2046,SC2086
    set -- $(disks_of $root_devices $(all_disks))
    [ $# -le 1 ] || root_guessed=yes
  fi
  set -f
  # shellcheck disable=SC2086
  set -- $root_devices
  set +f
  [ $# -gt 0 ] ||
    root_refused="its root file system is an overlay, and nothing tells what disk lies below (layers: $root_options)"
}

# In a container sysfs and the command line are those of its host.  Where only
# root may see other processes, the second try counts.
is_container () {
  if [ -e /.dockerenv ] || [ -e /run/.containerenv ]; then return 0; fi
  [ "$(content /proc/2/comm)" != kthreadd ] &&
    [ "$(${AS_ROOT-} cat /proc/2/comm 2>/dev/null </dev/null)" != kthreadd ]
}

# Sets root_devices, what the root file system lies on directly, or root_refused.
# root_guessed: they are only what is mounted, and there is more than one disk.
find_root_devices () {
  root_devices='' root_refused='' root_guessed=
  nothing="there is nothing to flash but a disk that --device names"
  if is_container; then
    root_refused="it is a container, which runs from no disk of its own: $nothing"
    return
  fi
  case $root_number:$root_type in
    :*) root_refused="no root file system was found in /proc/self/mountinfo" ;;
    0:*:btrfs)
      for name in $(btrfs_devices "$root_source"); do
        root_devices="$root_devices $(readlink -f "/sys/class/block/$name")"
      done
      [ -n "$root_devices" ] ||
        root_refused="its root file system is btrfs on $root_source, and /sys/fs/btrfs does not tell its devices" ;;
    0:*:overlay | 0:*:overlayfs) find_overlay_devices ;;
    0:*:nfs | 0:*:nfs4 | 0:*:cifs | 0:*:smb3 | 0:*:9p | 0:*:virtiofs | 0:*:ceph)
      root_refused="its root file system is $root_type, on the network or a host: $nothing" ;;
    0:*:tmpfs | 0:*:ramfs | 0:*:rootfs)
      root_refused="its root file system is $root_type, in memory: $nothing" ;;
    0:*:ubifs | 0:*:jffs2)
      root_refused="its root file system is $root_type, on raw flash memory, which is no disk: $nothing" ;;
    0:*) root_refused="its root file system is $root_type ($root_source), of which no disk is known" ;;
    *)
      root_devices=$(readlink -f "/sys/dev/block/$root_number")
      if [ -z "$root_devices" ] || ! [ -d "$root_devices" ]; then
        root_devices=
        root_refused="its root device $root_number ($root_source) is not in sysfs"
      fi ;;
  esac
}

# "ext4 on vg-root (LVM) on sda2"
root_stack () (
  text=
  told=' '
  for directory in $root_devices; do
    case $told in *" $directory "*) continue ;; esac
    told="$told$directory "
    text="$text${text:+ + }$(stack_of "$directory")"
  done
  case $root_type in
    overlay*) tell "$root_type over $text" ;;
    *) tell "$root_type on $text" ;;
  esac
)

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
  for directory in $(partitions_of "$1"); do
    # partition=NAME START SECTORS, of 512 bytes
    say partition "${directory##*/} $(content "$directory/start") $(content "$directory/size")"
  done
  for part in "$1" $(partitions_of "$1"); do
    for directory in $(all_upon "$part"); do
      # upon=PARTITION DEVICE LABEL: what is made upon the partition (or disk)
      say upon "${part##*/} ${directory##*/} $(label_of "$directory")"
    done
  done
  # shellcheck disable=SC2046
  set -- $(parts_of "$1")
  mounts_of "$@"
  swaps_of "$@"
}

# in_use_by_holders DIRECTORY: says which device is made upon the disk or one of
# its partitions
in_use_by_holders () {
  for directory in "$1" $(partitions_of "$1"); do
    for holder in $(holders_of "$directory"); do
      upper=$(readlink -f "/sys/class/block/$holder")
      kind=$(why_not_disk "$upper")
      echo "${directory##*/} is part of $holder, ${kind:-another block device}"
      return 0
    done
  done
  return 1
}

# group_of DIRECTORY: the LVM volume group, as the beginning of the uuid of each
# of its volumes: LVM- and 32 characters
group_of () {
  case ${1##*/} in dm-*) ;; *) return 0 ;; esac
  uuid=$(content "$1/dm/uuid")
  case $uuid in
    LVM-*) printf '%s' "${uuid%"${uuid#????????????????????????????????????}"}" ;;
  esac
}

# mates_of DIRECTORY: itself and the other volumes of its volume group
mates_of () {
  echo "$1"
  group=$(group_of "$1")
  [ ${#group} -eq 36 ] || return 0
  for mate in /sys/class/block/dm-*; do
    case $(content "$mate/dm/uuid") in "$group"*) readlink -f "$mate" ;; esac
  done
}

# lies_elsewhere DISK LABEL DEVICE...: "NAME LABEL" for each disk but DISK that
# the devices lie on
lies_elsewhere () (
  disk=$1 label=$2
  shift 2
  for other in $(disks_of "$@"); do
    [ "$other" = "$disk" ] || tell "${other##*/} $label"
  done
)

# other_disks DISK: "NAME LABEL" for every other disk that something on this one
# lies on, too, with what that is
other_disks () (
  parts=$(parts_of "$1")
  told=' '
  {
    for part in $parts; do
      # shellcheck disable=SC2046
      lies_elsewhere "$1" "$(label_of "$part")" $(mates_of "$part")
    done
    for devices in /sys/fs/btrfs/*/devices; do
      [ -d "$devices" ] || continue
      members=' ' shared=
      for device in "$devices"/*; do
        member=$(readlink -f "/sys/class/block/${device##*/}")
        members="$members$member "
        case $parts in *" $member "*) shared=yes ;; esac
      done
      # shellcheck disable=SC2086
      [ -z "$shared" ] || lies_elsewhere "$1" btrfs $members
    done
  } | while read -r name label; do
    case $told in *" $name "*) continue ;; esac
    told="$told$name "
    tell "$name $label"
  done
)

# array_trouble DISK DIRECTORY: why the MD array cannot do without this disk
array_trouble () {
  [ -d "$2/md" ] || return 0
  label=$(label_of "$2")
  members=0 elsewhere=0
  for slave in $(below "$2"); do
    members=$((members + 1))
    case $(disks_of "$slave") in *" $1 "*) ;; *) elsewhere=$((elsewhere + 1)) ;; esac
  done
  if [ "$(content "$2/md/level")" != raid1 ]; then
    tell "$label cannot do without a disk; only a RAID 1 can"
  elif [ "$(content "$2/md/degraded")" != 0 ] || [ $elsewhere -eq 0 ]; then
    tell "$label cannot do without ${1##*/}: it has no other member that is whole"
  elif [ "$(content "$2/md/sync_action")" != idle ]; then
    tell "$label is being rebuilt ($(content "$2/md/sync_action")); wait until that has ended"
  else
    case $(content "$2/md/metadata_version") in
      0.9* | 1.*) ;;
      *) tell "$label has metadata of a kind that is not known here" ;;
    esac
  fi
}

# why_not_root_disk DISK NAMED: why the disk that the board runs from cannot be
# flashed.  NAMED: --device gave it.
why_not_root_disk () {
  reason=$(why_not_disk "$1")
  if [ -n "$reason" ]; then
    tell "its root file system lies on ${1##*/}, $reason ($(root_stack)): $nothing"
    return
  fi
  [ "$FLASH_PURPOSE" != survey ] || return 0
  for part in $(parts_of "$1"); do
    reason=$(why_never_quiet "$part")
    if [ -n "$reason" ]; then
      tell "on its root disk ${1##*/} lies $(label_of "$part"), $reason"
      return
    fi
    case ${part##*/} in
      md*)
        reason=$(array_trouble "$1" "$part")
        [ -n "$reason" ] || [ -n "$2" ] ||
          reason="$(label_of "$part") lies on its root disk ${1##*/}; name that with --device to flash this member alone"
        [ -z "$reason" ] || { tell "$reason"; return; } ;;
    esac
  done
  [ -z "$2" ] || return 0
  others=$(other_disks "$1" | sed -n 1p)
  [ -z "$others" ] ||
    tell "${others#* }, which lies on its root disk ${1##*/}, lies on ${others%% *}, too; name ${1##*/} with --device to flash it alone"
}

# take_root_disk DISK NAMED
take_root_disk () {
  reason=$(why_not_root_disk "$1" "$2")
  if [ -n "$reason" ]; then
    say refused "$reason"
    return
  fi
  # root-partition=NAME: the first part of the disk that the root lies on
  for directory in $root_devices; do
    for base in $(bases_of "$directory"); do
      case $base/ in
        "$1"/*) say root-partition "${base##*/}"; break 2 ;;
      esac
    done
  done
  say root-stack "$(root_stack)"
  # other-disk=NAME LABEL: it is left alone, though LABEL lies on it, too
  other_disks "$1" | sed 's/^/other-disk=/'
  describe_disk "$1"
}

# several_disks DISK...: what to say when the root file system lies on them, or
# might
several_disks () {
  names=
  for disk in "$@"; do names="$names${names:+, }${disk##*/}"; done
  if [ -n "$root_guessed" ]; then
    tell "its root file system is $root_type, and nothing tells which of its disks lies below (mounted are $names: $(root_stack); layers: $root_options)"
  else
    tell "its root file system lies on several disks, $names ($(root_stack)); name one with --device to flash that one alone"
  fi
}

# Without --device, everything must lead to one disk.
probe_root_disk () {
  if [ -n "$root_refused" ]; then
    say refused "$root_refused"
    return
  fi
  # shellcheck disable=SC2046,SC2086
  set -- $(disks_of $root_devices)
  if [ $# -eq 1 ] && [ -z "$root_guessed" ]; then
    take_root_disk "$1" ''
  else
    say refused "$(several_disks "$@")"
  fi
}

# --device: a whole disk (or a loop device), for a flash one that nobody uses or
# the one that the board runs from
probe_device () {
  device=$(readlink -f -- "$1")
  [ -e "${device:-/nonexistent}" ] || { say refused "it has no $1"; return; }
  [ -b "$device" ] || { say refused "its $1 is no block device"; return; }
  name=${device##*/}
  directory=$(readlink -f "/sys/class/block/$name")
  [ -d "$directory" ] || { say refused "its $1 is not in sysfs"; return; }
  [ -e "$directory/partition" ] && { say refused "its $1 is a partition; a whole disk is needed"; return; }

  # shellcheck disable=SC2086
  root_disks=$(disks_of $root_devices)
  case $root_disks in
    *" $directory "*)
      # shellcheck disable=SC2086
      set -- $root_disks
      if [ "$FLASH_PURPOSE" = survey ]; then
        describe_disk "$directory"
      elif [ -n "$root_guessed" ]; then
        say refused "$(several_disks "$@")"
      else
        take_root_disk "$directory" named
      fi
      return ;;
  esac
  case $name in
    loop*)
      [ -e "$directory/loop/backing_file" ] || { say refused "its loop device $1 has no file"; return; } ;;
    *)
      reason=$(why_not_disk "$directory")
      [ -z "$reason" ] || { say refused "its $1 is $reason, not a plain disk"; return; } ;;
  esac
  if [ "$FLASH_PURPOSE" = survey ]; then
    describe_disk "$directory"
    return
  fi
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
