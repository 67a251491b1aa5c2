#!/bin/sh
# SPDX-License-Identifier: MIT
# The probe's scripts on this machine, under dash, busybox and bash: --device names
# a disk that nobody uses.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"

[ "$(id -u)" -eq 0 ] || skip "mounting needs root"
requires unshare --mount true
requires losetup -f
requires mkfs.ext4 -V

probe=$scratch/probe
cat "$top_srcdir/helper/probe-devices.sh" "$top_srcdir/helper/probe-root.sh" \
  "$top_srcdir/helper/probe.sh" >"$probe"
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
  grep -qE "^refused=.*($1)" "$scratch/out" || { cat "$scratch/out"; fail "not refused: $1"; }
  grep -q '^disk=' "$scratch/out" && fail "refused, and yet described"
  return 0
}

plain="mount $loop $root"

# Nobody runs a container from a disk: only the files of a board of our own
# (test-root-plain.sh) show a root disk.
for shell in dash "busybox sh" bash; do
  command -v "${shell%% *}" >/dev/null || continue
  fake_sys sda
  probe_root "$shell" "mount -t tmpfs none $root"
  has "machine=$(uname -m)" access=root
  refused "tmpfs, in memory|a container"
  [ ! -s "$scratch/err" ] || { cat "$scratch/err"; fail "$shell complains"; }
done

# -- The rules that hold for root, too ----------------------------------------

fake_sys sda
mkdir -p "$sys/fs/selinux" "$sys/module/apparmor/parameters"
echo 1 >"$sys/fs/selinux/enforce"
echo Y >"$sys/module/apparmor/parameters/enabled"
probe_root sh "$plain"
has selinux=enforcing apparmor=yes
echo 0 >"$sys/fs/selinux/enforce"
probe_root sh "$plain"
grep -q '^selinux\|^lacks' "$scratch/out" && fail "$(cat "$scratch/out")"

# A board of busybox alone, which has no `readlink -f`.
printf '#!/bin/sh\n[ "$1" != -f ] || exit 1\nexec busybox readlink "$@"\n' \
  >"$scratch/readlink"
chmod 755 "$scratch/readlink"
probe_root "/usr/bin/env PATH=/only busybox sh" "$plain
mkdir $root/only
for tool in cat sed uname busybox; do
  ln -sf \$(command -v busybox) $root/only/\$tool
done
cp $scratch/readlink $root/only/readlink"
has "lacks=a readlink that knows -f"

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
refused "lies on ${loop##*/}, a loop device .*nothing to flash|is in use: mount ${loop##*/} ext4 /"
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
