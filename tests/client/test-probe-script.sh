#!/bin/sh
# SPDX-License-Identifier: MIT
# probe.sh under dash, busybox and bash: a plain root disk is described, every other root is refused by its name.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"

[ "$(id -u)" -eq 0 ] || skip "mounting needs root"
requires unshare --mount true
requires losetup -f
requires mkfs.ext4 -V

probe=$top_srcdir/helper/probe.sh
root=$scratch/root
sys=$scratch/sys
mkdir "$root"

truncate -s 32M "$scratch/disk"
loop=$(losetup --show -f "$scratch/disk") || skip "no loop device is free"
cleanup_fn "losetup -d $loop"
case $loop in /dev/loop*) ;; *) fail "odd loop device" ;; esac
mkfs.ext4 -q "$loop"
number=$(cat "/sys/class/block/${loop##*/}/dev")

# fake_sys NAME: a sysfs in which the loop device is the second partition of the
# disk NAME.
fake_sys ()
{
  rm -rf "$sys"
  disk=$sys/devices/bus/block/$1
  mkdir -p "$disk/queue" "$disk/device" "$disk/holders" "$sys/dev/block" \
    "$sys/class/block"
  case $1 in *[0-9]) p=p ;; *) p= ;; esac
  for n in 1 2; do
    mkdir -p "$disk/$1$p$n/holders"
    echo "$n" >"$disk/$1$p$n/partition"
    echo "$((n * 2048))" >"$disk/$1$p$n/start"
    echo "65536" >"$disk/$1$p$n/size"
    echo "9:$n" >"$disk/$1$p$n/dev"
    ln -s "../../devices/bus/block/$1/$1$p$n" "$sys/class/block/$1$p$n"
  done
  echo "$number" >"$disk/$1${p}2/dev"
  echo 8:0 >"$disk/dev"
  echo 1000000 >"$disk/size"
  echo 512 >"$disk/queue/logical_block_size"
  echo 1 >"$disk/removable"
  echo 0 >"$disk/ro"
  printf 'A  disk * \n' >"$disk/device/model"
  echo SER1 >"$disk/device/serial"
  ln -s "../../devices/bus/block/$1" "$sys/class/block/$1"
  ln -s "../../devices/bus/block/$1/$1${p}2" "$sys/dev/block/$number"
}

# whole_disk NAME: the loop device is the disk NAME itself.
whole_disk ()
{
  fake_sys sda
  rm "$sys/dev/block/$number"
  mkdir -p "$sys/devices/virtual/block/$1/holders" "$sys/devices/virtual/block/$1/slaves"
  ln -s "../../devices/virtual/block/$1" "$sys/dev/block/$number"
}

# probe_root SHELL MOUNT-COMMAND: run the script where $root is the root.
probe_root ()
{
  cat >"$scratch/inside" <<END
set -e
$2
for d in bin sbin lib lib64 usr proc sys dev; do
  mkdir -p "$root/\$d"
  [ ! -d "/\$d" ] || [ "\$d" = sys ] || mount --rbind "/\$d" "$root/\$d"
done
mount --bind "$sys" "$root/sys"
exec chroot "$root" $1
END
  { echo "FLASH_DEVICE='${device:-}' FLASH_PURPOSE=${purpose:-flash}"; cat "$probe"; } |
    unshare --mount --propagation private sh "$scratch/inside" \
      >"$scratch/out" 2>"$scratch/err" || { cat "$scratch/err"; fail "$1 failed"; }
  grep -q '^FLR1-PROBE-BEGIN$' "$scratch/out" || fail "no beginning"
  [ "$(tail -n1 "$scratch/out")" = FLR1-PROBE-END ] || fail "no end"
}

has ()
{
  for line; do
    grep -qxF -- "$line" "$scratch/out" || { cat "$scratch/out"; fail "no line: $line"; }
  done
}

refused ()
{
  grep -q "^refused=.*$1" "$scratch/out" || { cat "$scratch/out"; fail "not refused: $1"; }
  grep -q '^disk=' "$scratch/out" && fail "refused, and yet described"
  return 0
}

plain="mount $loop $root"

# -- A plain partition --------------------------------------------------------

for shell in dash "busybox sh" bash; do
  command -v "${shell%% *}" >/dev/null || continue
  for name in sda vda xvdb mmcblk0 nvme0n1; do
    fake_sys $name
    probe_root "$shell" "$plain"
    case $name in *[0-9]) p=p ;; *) p= ;; esac
    has "root-partition=$name${p}2" "disk=$name" disk-number=8:0 \
      disk-sectors=1000000 disk-block=512 disk-removable=1 disk-read-only=0 \
      "disk-model=A disk *" disk-serial=SER1 \
      "partition=$name${p}1 2048 65536" "partition=$name${p}2 4096 65536" \
      "mount=$name${p}2 ext4 /" "machine=$(uname -m)" access=root
    grep -q '^refused' "$scratch/out" && fail "refused"
    [ ! -s "$scratch/err" ] || { cat "$scratch/err"; fail "$shell complains"; }
  done
done

# -- Everything else is named -------------------------------------------------

fake_sys sda
probe_root sh "mount -t tmpfs none $root"
refused tmpfs
mkdir "$scratch/lower" "$scratch/upper"
probe_root sh "mount -t tmpfs none $scratch/upper; mkdir $scratch/upper/u $scratch/upper/w
mount -t overlay -o lowerdir=$scratch/lower,upperdir=$scratch/upper/u,workdir=$scratch/upper/w none $root"
refused overlay

whole_disk sda9x
probe_root sh "$plain"
refused "without a partition table"
whole_disk md0
probe_root sh "$plain"
refused "MD RAID"
whole_disk zram0
probe_root sh "$plain"
refused zram
whole_disk loop7
probe_root sh "$plain"
refused "loop device"
whole_disk nbd0
probe_root sh "$plain"
refused "network block device"
for kind in LVM-abc:LVM CRYPT-LUKS2-x:LUKS CRYPT-VERITY-x:verity mpath-x:multipath; do
  whole_disk dm-0
  mkdir "$sys/devices/virtual/block/dm-0/dm"
  echo "${kind%:*}" >"$sys/devices/virtual/block/dm-0/dm/uuid"
  probe_root sh "$plain"
  refused "${kind#*:}"
done
fake_sys loop3
probe_root sh "$plain"
refused "partition of a loop device"
fake_sys sda
rm "$sys/dev/block/$number"
probe_root sh "$plain"
refused "not in sysfs"
# Something lies on another partition of the disk.
fake_sys sda
mkdir -p "$disk/sda1/holders/dm-1" "$sys/class/block/dm-1/dm"
echo LVM-x >"$sys/class/block/dm-1/dm/uuid"
probe_root sh "$plain"
refused "sda1 is part of dm-1, an LVM volume"
purpose=survey                  # which only reads
probe_root sh "$plain"
has disk=sda root-partition=sda2
purpose=flash

# -- --device -----------------------------------------------------------------

fake_sys sda
device=/dev/no-such-disk
probe_root sh "$plain"
refused "has no /dev/no-such-disk"
device=/dev/null
probe_root sh "$plain"
refused "no block device"
# Its value is data.
device="/dev/'; echo run"
fake_quote=$device
device="/dev/'\\''; echo run"
probe_root sh "$plain"
has "refused=it has no $fake_quote"
# The real device behind the root, under its real name.
device=$loop
mkdir -p "$sys/devices/virtual/block/${loop##*/}/loop"
echo x >"$sys/devices/virtual/block/${loop##*/}/loop/backing_file"
ln -s "../../devices/virtual/block/${loop##*/}" "$sys/class/block/${loop##*/}"
rm "$sys/dev/block/$number"
ln -s "../../devices/virtual/block/${loop##*/}" "$sys/dev/block/$number"
probe_root sh "$plain"
refused "the disk that it runs from"
purpose=survey
probe_root sh "$plain"
has "disk=${loop##*/}"
purpose=flash
# Not the root, but mounted: by its number.
echo "$number" >"$sys/devices/virtual/block/${loop##*/}/dev"
probe_root sh "mount -t tmpfs none $root; mkdir $root/mnt; mount $loop $root/mnt"
refused "in use: mount ${loop##*/} ext4 /mnt"
# Mounted where the script cannot see it.
mkdir -p "$sys/fs/ext4/${loop##*/}"
probe_root sh "mount -t tmpfs none $root"
refused "is mounted"
rmdir "$sys/fs/ext4/${loop##*/}"
probe_root sh "mount -t tmpfs none $root"
has "disk=${loop##*/}" "disk-number=$number"
grep -q '^root-partition' "$scratch/out" && fail "it is not the root disk"
exit 0
