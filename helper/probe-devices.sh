# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # what probe.sh and its other parts set and use
#
# The part of probe.sh that reads sysfs and the tables of mounts and swap: which
# block devices there are, what lies on what, what is used.  The client sends it
# in front of probe.sh.

# -- Block devices ------------------------------------------------------------

# A device is named by its directory in sysfs, with all links resolved.

# tell TEXT: some shells' echo takes backslashes for something
tell () {
  printf '%s\n' "$1"
}

# A loop device over a block device (OpenWrt keeps its writable layer so) has
# no slaves; its file tells, with or without /dev.  Sets loops: " LOOP=NAME ".
find_loops () {
  loops=' '
  for directory in /sys/class/block/loop*; do
    [ -r "$directory/loop/backing_file" ] || continue
    file=$(content "$directory/loop/backing_file")
    case $file in /dev/?*) file=$(readlink -f -- "$file") ;; esac
    name=${file##*/}
    case $file in "/dev/$name" | "/$name") ;; *) continue ;; esac
    [ -n "$name" ] && [ ! -f "$file" ] && [ -e "/sys/class/block/$name" ] &&
      loops="$loops${directory##*/}=$name "
  done
}

# below DIRECTORY: what the device is made upon, a line each; nothing for a disk
# and its partitions
below () {
  for slave in "$1"/slaves/*; do
    [ -e "$slave" ] && readlink -f "$slave"
  done
  case $loops in
    *" ${1##*/}="*)
      under=${loops#*" ${1##*/}="}
      readlink -f "/sys/class/block/${under%% *}" ;;
  esac
}

# bases_of DIRECTORY [DEPTH]: the partitions or disks at the bottom, a line each
bases_of () (
  depth=$((${2:-0} + 1))
  whole=$1
  [ -e "$1/partition" ] && whole=${1%/*}
  under=$(below "$whole")
  if [ -z "$under" ] || [ $depth -gt 16 ]; then
    echo "$1"
  else
    for directory in $under; do bases_of "$directory" $depth; done
  fi
)

# disks_of DIRECTORY...: the disks that they finally lie on, each once
disks_of () (
  disks=' '
  for directory in "$@"; do
    for base in $(bases_of "$directory"); do
      [ -e "$base/partition" ] && base=${base%/*}
      case $disks in *" $base "*) ;; *) disks="$disks$base " ;; esac
    done
  done
  echo "$disks"
)

# holders_of DIRECTORY: the kernel names of the devices made upon it
holders_of () {
  for holder in "$1"/holders/*; do
    [ -e "$holder" ] && printf '%s ' "${holder##*/}"
  done
  for pair in $loops; do
    [ "${pair#*=}" = "${1##*/}" ] && printf '%s ' "${pair%%=*}"
  done
}

# all_upon DIRECTORY [DEPTH]: all that is made upon it, and upon that
all_upon () (
  depth=$((${2:-0} + 1))
  [ $depth -le 16 ] || return 0
  for holder in $(holders_of "$1"); do
    directory=$(readlink -f "/sys/class/block/$holder")
    for upper in "$directory" $(partitions_of "$directory"); do
      echo "$upper"
      all_upon "$upper" $depth
    done
  done
)

# partitions_of DIRECTORY: the directories of its partitions, a line each
partitions_of () {
  for partition in "$1"/*/partition; do
    [ -e "$partition" ] && echo "${partition%/partition}"
  done
}

# parts_of DIRECTORY: all of a disk, down to what is made upon its partitions,
# each once
parts_of () (
  parts=' '
  for part in "$1" $(partitions_of "$1"); do
    for directory in "$part" $(all_upon "$part"); do
      case $parts in *" $directory "*) ;; *) parts="$parts$directory " ;; esac
    done
  done
  echo "$parts"
)

# label_of DIRECTORY: what a person calls the device: "vg-root (LVM)", "sda2"
label_of () {
  label=${1##*/}
  case $label in
    dm-*)
      case $(content "$1/dm/uuid") in
        LVM-*) kind=LVM ;;
        CRYPT-VERITY-*) kind=dm-verity ;;
        CRYPT-LUKS*) kind=LUKS ;;
        CRYPT-*) kind=dm-crypt ;;
        mpath-*) kind=multipath ;;
        *) kind="device mapper" ;;
      esac
      label=$(content "$1/dm/name")
      tell "${label:-${1##*/}} ($kind)" ;;
    md*)
      if [ -e "$1/partition" ]; then echo "$label"; else
        level=$(content "$1/md/level")
        echo "$label (MD RAID ${level#raid})"
      fi ;;
    *) echo "$label" ;;
  esac
}

# stack_of DIRECTORY: "vg-root (LVM) on crypt (LUKS) on sda2"
stack_of () (
  depth=$((${2:-0} + 1))
  whole=$1
  [ -e "$1/partition" ] && whole=${1%/*}
  under=$(below "$whole")
  if [ -z "$under" ] || [ $depth -gt 16 ]; then
    label_of "$1"
    return
  fi
  if [ "$whole" != "$1" ]; then
    tell "$(label_of "$1") on $(stack_of "$whole" $depth)"
    return
  fi
  text=
  for directory in $under; do
    text="$text${text:+ + }$(stack_of "$directory" $depth)"
  done
  tell "$(label_of "$1") on $text"
)

# What the device $1 is, if it is anything else than a plain disk.
why_not_disk () {
  case ${1##*/} in
    dm-*)
      case $(content "$1/dm/uuid") in
        LVM-*) echo "an LVM volume" ;;
        CRYPT-VERITY-*) echo "a dm-verity device" ;;
        CRYPT-*) echo "an encrypted device (LUKS, dm-crypt)" ;;
        mpath-*) echo "a multipath device" ;;
        *) echo "a device mapper device" ;;
      esac ;;
    md*) echo "an MD RAID array" ;;
    zram*) echo "a zram device, in memory" ;;
    ram*) echo "a RAM disk" ;;
    loop*) echo "a loop device" ;;
    nbd*) echo "a network block device" ;;
    rbd*) echo "a Ceph block device, on the network" ;;
    drbd*) echo "a DRBD device" ;;
    bcache*) echo "a bcache device" ;;
    mtdblock* | ubiblock*) echo "raw flash memory behind a translation layer" ;;
    sr* | fd*) echo "a removable drive that is no disk" ;;
    mmcblk*boot* | mmcblk*rpmb | mmcblk*gp*) echo "a special area of an eMMC" ;;
    sd[a-z]* | hd[a-z]* | vd[a-z]* | xvd[a-z]* | mmcblk[0-9]* | nvme[0-9]*n[0-9]*)
      case $1/ in */session[0-9]*/*) echo "an iSCSI disk, on the network" ;; esac
      for transport in "$1"/device/transport "$1"/device/nvme[0-9]*/transport; do
        case $(content "$transport") in
          tcp | rdma | fc) echo "an NVMe disk on the network"; break ;;
        esac
      done ;;
    *) echo "a kind of block device that is not known here" ;;
  esac
}

# What writes to a disk below it by itself, whatever the file systems do, says
# what it is.
why_never_quiet () {
  case ${1##*/} in
    bcache*) echo "a bcache device, which writes back by itself" ;;
    drbd*) echo "a DRBD device, which is written from elsewhere" ;;
    dm-*)
      case $(content "$1/dm/uuid") in
        mpath-*) echo "a multipath device" ;;
        CRYPT-INTEGRITY-*) echo "a dm-integrity device, which writes by itself" ;;
      esac
      # The names that LVM keeps for the parts of such volumes.
      case $(content "$1/dm/name") in
        *_rimage_[0-9]* | *_rmeta_[0-9]* | *_mimage_[0-9]* | *_mlog)
          echo "a part of an LVM RAID volume, which is synchronised by itself" ;;
        *_corig | *_cdata | *_cmeta | *_cvol* | *_wcorig)
          echo "a part of a cached LVM volume, which writes back by itself" ;;
        *_iorig | *_imeta* | *_vdata)
          echo "a part of an LVM volume that writes by itself" ;;
      esac ;;
  esac
}

# -- Mounts and swap ----------------------------------------------------------

# split_mount LINE: one of mountinfo, into mount_number, mount_point, mount_type,
# mount_source, mount_options (the last: the file system's)
split_mount () {
  set -f
  # shellcheck disable=SC2086
  set -- $1
  set +f
  mount_number=$3 mount_point=$5
  while [ $# -gt 0 ] && [ "$1" != - ]; do shift; done
  mount_type=${2:-} mount_source=${3:-} mount_options=${4:-}
}

# Sets root_number, root_type, root_source, root_options: the file system that /
# is on.  Of several mounts on /, the last one counts.
find_root () {
  root_number='' root_type='' root_source='' root_options=''
  while read -r line; do
    split_mount "$line"
    [ "$mount_point" = / ] || continue
    root_number=$mount_number root_type=$mount_type
    root_source=$mount_source root_options=$mount_options
  done </proc/self/mountinfo
}

# btrfs_devices SOURCE: the kernel names of all devices of the btrfs that is
# mounted from SOURCE.  The kernel may call that /dev/root, for which there is
# no node: then it is the only btrfs, or none is named.
btrfs_devices () (
  path=$(readlink -f -- "$1")
  found='' only='' count=0
  for devices in /sys/fs/btrfs/*/devices; do
    [ -d "$devices" ] || continue
    [ -n "$path" ] && [ -e "$devices/${path##*/}" ] && found=$devices
    only=$devices count=$((count + 1))
  done
  [ -n "$found" ] || [ -e "$1" ] || [ $count -ne 1 ] || found=$only
  [ -n "$found" ] || return 0
  for device in "$found"/*; do echo "${device##*/}"; done
)

# devices_of_mount: the directories of what the last split_mount is on
devices_of_mount () {
  case $mount_number:$mount_type in
    0:*:btrfs)
      for name in $(btrfs_devices "$mount_source"); do
        readlink -f "/sys/class/block/$name"
      done ;;
    :* | 0:*) ;;
    *)
      [ -e "/sys/dev/block/$mount_number" ] &&
        readlink -f "/sys/dev/block/$mount_number" ;;
  esac
}

# mounts_of DIRECTORY...: "mount=DEVICE TYPE POINT" for everything mounted from
# these devices (a POINT with its blanks as \040)
mounts_of () {
  wanted=' ' wanted_names=' '
  for directory in "$@"; do
    wanted="$wanted$(content "$directory/dev")=${directory##*/} "
    wanted_names="$wanted_names${directory##*/} "
  done
  while read -r line; do
    split_mount "$line"
    case $wanted in
      *" $mount_number="*)
        name=${wanted#*" $mount_number="}
        say mount "${name%% *} $mount_type $mount_point"
        continue ;;
    esac
    case $mount_number:$mount_type in
      0:*:btrfs)
        for name in $(btrfs_devices "$mount_source"); do
          case $wanted_names in
            *" $name "*) say mount "$name $mount_type $mount_point" ;;
          esac
        done ;;
    esac
  done </proc/self/mountinfo
}

# swaps_of DIRECTORY...: "swap=DEVICE" for every swap space on these devices
swaps_of () {
  [ -r /proc/swaps ] || return 0
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
