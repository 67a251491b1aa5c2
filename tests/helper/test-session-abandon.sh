#!/bin/sh
# SPDX-License-Identifier: MIT
# abandon resets a board whose root disk is being written, or was.  Here nobody
# may reboot: the session must say that it could not, and stay; and no SysRq may
# get around it, for this is the test machine.

. "$(dirname -- "$0")/session-side.sh"
enter_sandbox "$@"
requires nsenter --version
make_disk 67108864
mkfs.ext4 -q "$disk" || skip "no mkfs.ext4"

# A board that runs from the disk: a chroot whose / is there.  On the sandbox's
# /run, for what is mounted must not lie where the cleanup removes files.
board=/run/board
mkdir "$board"
mount "$disk" "$board" || skip "the disk cannot be mounted"
busybox_path=$(command -v busybox)
mkdir -p "$board/proc" "$board/sys" "$board/run" "$board/dev" "$board/bin" "$board/etc" \
  "$board${busybox_path%/*}"
cp -L "$busybox_path" "$board$busybox_path"
ldd "$busybox_path" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$board${library%/*}" && cp -L "$library" "$board$library"
done
chroot "$board" "$busybox_path" --install -s /bin
mount -t tmpfs tmpfs "$board/run"
mount -t proc proc "$board/proc"
mount -t sysfs sysfs "$board/sys"
mknod -m 666 "$board/dev/null" c 1 3
board_sh="$(command -v chroot) $board /bin/env PATH=/bin sh"
ram_root=$board/run/flash-live-remote

request ()
{
  verb=$1
  shift
  "$ram_root/bin/flash-helper" "$verb" -r "$ram_root" "$@"
}

cat >"$scratch/stand-in.sh" <<'END'
flash-helper say ready
flash-helper wait-for-go || exit 1
flash-helper say phase name=copy
while [ ! -e /finish ]; do sleep 0.1; done
flash-helper say end result=done written=yes
END
make_session_file root-disk=yes reboot=yes
deploy "$scratch/stand-in.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
session_pid=$(cat "$ram_root/pid")
: >"$ram_root/sysrq"
if [ -e "/proc/$session_pid/root/proc/sysrq-trigger" ]; then
  nsenter --target "$session_pid" --mount --root \
    /bin/busybox mount -o bind /sysrq /proc/sysrq-trigger
  grep -q ' /proc/sysrq-trigger ' "/proc/$session_pid/mountinfo" ||
    skip "SysRq cannot be made harmless"
fi

# The Nth time that it fails.
expect_failed_reset ()
{
  [ "$(request abandon $session_id)" = ok ] || fail "abandon"
  tries=100
  while [ "$(grep -c '^FLR1 error text=the%20board%20could%20not%20be%20reset' \
    "$scratch/records.a")" != "$1" ]; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "not said: $(cat "$scratch/records.a")"
    sleep 0.1
  done
  expect_record a '^FLR1 note text=abandoned'
  expect_record a 'not%20be%20reset:%20Operation%20not%20permitted'
  [ ! -s "$ram_root/sysrq" ] || fail "it went around by SysRq"
}

attach a
expect_record a '^FLR1 ready$'
request go $session_id >/dev/null || fail "go"
expect_record a '^FLR1 phase name=copy$'

echo "# while the disk is being written"
expect_failed_reset 1
request status | grep -q 'state=writing' || fail "status: $(request status)"
request abort $session_id 2>/dev/null && fail "abort of a half-written board"

echo "# after the end, which is the last record but for this"
touch "$ram_root/finish"
expect_record a '^FLR1 end result=done written=yes$'
expect_failed_reset 2
sleep 6                         # longer than a session lingers
request status | grep -q 'state=done' || fail "status: $(request status)"
