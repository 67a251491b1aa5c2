# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A board that exists only as files: a sysfs, a proc and a /dev of our own, in
# which the probe's scripts look for the root disk.  Sourced by the tests after
# tests/functions.sh.
#
#   new_board                        empty but for what every board has
#   disk NAME NUMBER [FOLDER]        a disk (FOLDER of /sys/devices: where it hangs)
#   part NAME NUMBER START SECTORS   of the disk that was made last
#   upon NAME NUMBER LOWER...        a device made upon others
#   dm NAME NUMBER UUID LABEL LOWER...   one of the device mapper's
#   md NAME NUMBER LEVEL LOWER...    an array, whole and idle
#   loop NAME NUMBER FILE            a loop device
#   attribute NAME FILE TEXT         of the device NAME
#   mounted NUMBER TYPE SOURCE POINT [OPTIONS]
#   swap_on PATH
#   probe [DEVICE]                   the answer, in every shell the same: $scratch/out
#   has LINE...; has_not REGEX; refused REGEX

fake_root=$scratch/board
fake_sys=$fake_root/sys
probe_purpose=flash

[ "$(id -u)" -eq 0 ] || skip "a chroot needs root"
requires unshare --mount true

new_board ()
{
  rm -rf "$fake_sys" "${fake_root:?}/proc" "${fake_root:?}/dev"
  mkdir -p "$fake_sys/class/block" "$fake_sys/dev/block" "$fake_sys/fs" \
    "$fake_root/dev" "$fake_root/proc/self" "$fake_root/proc/2" \
    "$fake_root/proc/sys/kernel/random"
  echo kthreadd >"$fake_root/proc/2/comm"
  : >"$fake_root/proc/self/mountinfo"
  printf 'Name:\tsh\nUid:\t0\t0\t0\t0\n' >"$fake_root/proc/self/status"
  echo "00400000-00500000 r-xp 0 0:0 0" >"$fake_root/proc/self/maps"
  printf 'MemTotal: 1000 kB\nMemAvailable: 500 kB\n' >"$fake_root/proc/meminfo"
  printf 'Filename Type Size Used Priority\n' >"$fake_root/proc/swaps"
  echo "console=tty1 rw" >"$fake_root/proc/cmdline"
  : >"$fake_root/dev/null"
}

# add_device NAME NUMBER FOLDER
add_device ()
{
  mkdir -p "$fake_sys/$3/holders"
  echo "$2" >"$fake_sys/$3/dev"
  echo 1000000 >"$fake_sys/$3/size"
  ln -s "../../$3" "$fake_sys/class/block/$1"
  ln -s "../../$3" "$fake_sys/dev/block/$2"
  mknod "$fake_root/dev/$1" b "${2%:*}" "${2#*:}"
}

attribute ()
{
  case $2 in
    */*) mkdir -p "$fake_sys/class/block/$1/${2%/*}" ;;
  esac
  printf '%s\n' "$3" >"$fake_sys/class/block/$1/$2"
}

disk ()
{
  disk_folder=devices/${3:-platform/bus}/block/$1
  add_device "$1" "$2" "$disk_folder"
  mkdir "$fake_sys/$disk_folder/slaves"
  attribute "$1" queue/logical_block_size 512
  attribute "$1" removable 1
  attribute "$1" ro 0
  attribute "$1" device/model "A  disk * "
  attribute "$1" device/serial SER1
}

part ()
{
  add_device "$1" "$2" "$disk_folder/$1"
  attribute "$1" partition "${1##*[!0-9]}"
  attribute "$1" start "$3"
  attribute "$1" size "$4"
}

upon ()
{
  upper=$1
  add_device "$upper" "$2" "devices/virtual/block/$upper"
  mkdir "$fake_sys/class/block/$upper/slaves"
  shift 2
  for lower; do
    ln -s "/sys/class/block/$lower" "$fake_sys/class/block/$upper/slaves/$lower"
    ln -s "/sys/class/block/$upper" "$fake_sys/class/block/$lower/holders/$upper"
  done
}

dm ()
{
  made=$1 number=$2 uuid=$3 label=$4
  shift 4
  upon "$made" "$number" "$@"
  attribute "$made" dm/uuid "$uuid"
  attribute "$made" dm/name "$label"
  mkdir -p "$fake_root/dev/mapper"
  ln -sf "../$made" "$fake_root/dev/mapper/$label"
}

md ()
{
  made=$1 number=$2 level=$3
  shift 3
  upon "$made" "$number" "$@"
  attribute "$made" md/level "$level"
  attribute "$made" md/degraded 0
  attribute "$made" md/sync_action idle
  attribute "$made" md/metadata_version 1.2
}

loop ()
{
  upon "$1" "$2"
  attribute "$1" loop/backing_file "$3"
}

mounted ()
{
  printf "%s\n" "30 1 $1 / $4 rw,relatime shared:1 - $2 $3 ${5:-rw}" \
    >>"$fake_root/proc/self/mountinfo"
}

swap_on ()
{
  echo "$1 partition 1000 0 -2" >>"$fake_root/proc/swaps"
}

# Runs in a mount namespace of its own.
cat >"$scratch/inside" <<END
set -e
for d in bin sbin lib lib32 lib64 usr; do
  if [ -d "/\$d" ]; then mkdir -p "$fake_root/\$d"; mount --rbind "/\$d" "$fake_root/\$d"; fi
done
mkdir -p "$fake_root/run" "$fake_root/etc"
mount --bind /dev/null "$fake_root/dev/null"
exec chroot "$fake_root" \$*
END

probe ()
{
  for shell in dash "busybox sh" bash; do
    command -v "${shell%% *}" >/dev/null || continue
    {
      printf "FLASH_DEVICE='%s'\nFLASH_PURPOSE=%s\n" "${1:-}" "$probe_purpose"
      cat "$top_srcdir/helper/probe-devices.sh" "$top_srcdir/helper/probe-root.sh" \
        "$top_srcdir/helper/probe.sh"
    } | unshare --mount --propagation private sh "$scratch/inside" "$shell" \
      >"$scratch/out" 2>"$scratch/err" || { cat "$scratch/err"; fail "$shell failed"; }
    [ ! -s "$scratch/err" ] || { cat "$scratch/err"; fail "$shell complains"; }
    [ "$(tail -n1 "$scratch/out")" = FLR1-PROBE-END ] || fail "$shell: no end"
    [ -e "$scratch/first" ] || cp "$scratch/out" "$scratch/first"
    cmp -s "$scratch/first" "$scratch/out" || {
      diff "$scratch/first" "$scratch/out"
      fail "$shell gives another answer"
    }
  done
  rm "$scratch/first"
}

has ()
{
  for line; do
    grep -qxF -- "$line" "$scratch/out" || { cat "$scratch/out"; fail "no line: $line"; }
  done
  ! grep -q '^refused=' "$scratch/out" || { cat "$scratch/out"; fail "refused"; }
}

has_not ()
{
  ! grep -qE -- "$1" "$scratch/out" || { cat "$scratch/out"; fail "a line: $1"; }
}

refused ()
{
  grep -qE "^refused=.*$1" "$scratch/out" || { cat "$scratch/out"; fail "not refused: $1"; }
  has_not '^(disk|root-partition|root-stack)='
}
