#!/bin/sh
# SPDX-License-Identifier: MIT
# deploy.sh: what it makes, what it refuses, and that it undoes everything.

. "$(dirname -- "$0")/session-side.sh"
enter_sandbox "$@"
make_disk 16777216
make_session_file
make_stand_in

# deploy must fail with the words $1 (and the status $2) and leave nothing.
expect_refusal ()
{
  deploy "$scratch/stand-in.sh"
  status=$?
  [ "$status" = "${2:-1}" ] || fail "$1: status $status"
  grep -q "$1" "$scratch/deploy.err" ||
    fail "no '$1' but: $(cat "$scratch/deploy.err")"
  expect_clean 1
}

echo "# what is made"
deploy "$scratch/stand-in.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
[ "$(stat -c %a "$ram_root")" = 700 ] || fail "the RAM root is open to others"
grep " $ram_root tmpfs " /proc/mounts | grep -Eq 'noexec|nodev' &&
  fail "nothing can run in the RAM root"
[ "$(stat -c %a "$ram_root/socket")" = 700 ] ||
  [ "$(stat -c %a "$ram_root/socket")" = 600 ] || fail "the socket is open"
[ "$(stat -c %t:%T "$ram_root/dev/target")" = "$(stat -c %t:%T "$disk")" ] ||
  fail "dev/target is another device"
for applet in dd sh sync reboot sleep; do
  [ "$(readlink "$ram_root/bin/$applet")" = busybox ] || fail "no $applet"
done
cmp "$scratch/stand-in.sh" "$ram_root/flash.sh" || fail "flash.sh differs"
cmp "$scratch/session" "$ram_root/session" || fail "the session file differs"
cmp "$flash_helper" "$ram_root/bin/flash-helper" || fail "flash-helper differs"

echo "# nothing of the old root is mounted in the session's namespace"
for process in pid guardian; do
  pid=$(cat "$ram_root/$process")
  [ "$(cut -d' ' -f2 "/proc/$pid/mounts" | sort | tr '\n' ' ')" = '/ /proc /sys ' ] ||
    fail "mounted there: $(cat "/proc/$pid/mounts")"
  if sh -c 'echo -1000 >/proc/self/oom_score_adj' 2>/dev/null; then
    [ "$(cat "/proc/$pid/oom_score_adj")" = -1000 ] || fail "oom_score_adj"
  fi
  for fd in 0 1 2; do
    [ "$(readlink "/proc/$pid/fd/$fd")" = /dev/null ] || fail "fd $fd is open"
  done
done

request abort $session_id >/dev/null || fail "abort"
expect_clean

echo "# with other shells"
for board_sh in 'busybox sh' bash; do
  $board_sh -c true 2>/dev/null || continue
  deploy "$scratch/stand-in.sh" || fail "$board_sh: $(cat "$scratch/deploy.err")"
  cmp "$scratch/session" "$ram_root/session" || fail "the session file differs"
  request abort $session_id >/dev/null || fail "abort"
  expect_clean
done
board_sh='sh'

echo "# with a patch"
head -c 100000 /dev/urandom >"$scratch/patch"
PATCH_SIZE=100000
deploy "$scratch/stand-in.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
cmp "$scratch/patch" "$ram_root/patch" || fail "the patch differs"
[ "$(stat -c %a "$ram_root/patch")" = 600 ] || fail "others may read the patch"
request abort $session_id >/dev/null || fail "abort"
expect_clean
: >"$scratch/patch"
expect_refusal '0 of 100000 bytes arrived'
PATCH_SIZE=0

echo "# a session that was killed is removed by the next deployment"
deploy "$scratch/stand-in.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
pid=$(cat "$ram_root/pid")
kill -9 "$(cat "$ram_root/guardian")" "$pid"
pkill -9 -f -x 'busybox sh /flash.sh'
wait_until 5 sh -c "! [ -d /proc/$pid ]" || fail "it does not die"
deploy "$scratch/stand-in.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
request abort $session_id >/dev/null || fail "abort"
expect_clean

echo "# remains of a deployment that was killed are removed too"
mkdir -m 700 "$ram_root"
mount -t tmpfs -o mode=700 tmpfs "$ram_root"
sh -c 'echo $$' >"$ram_root/deploying"
deploy "$scratch/stand-in.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
request abort $session_id >/dev/null || fail "abort"
expect_clean

echo "# another deployment under way is not disturbed"
mkdir -m 700 "$ram_root"
mount -t tmpfs -o mode=700 tmpfs "$ram_root"
echo $$ >"$ram_root/deploying"
deploy "$scratch/stand-in.sh"
[ $? = 10 ] || fail "it was"
grep -q 'under way' "$scratch/deploy.err" || fail "$(cat "$scratch/deploy.err")"
{ umount "$ram_root" && rmdir "$ram_root"; } || fail "it is gone"

echo "# too little RAM"
RAM_SIZE=1048576
expect_refusal 'too little'
RAM_SIZE=67108864

echo "# files that do not arrive whole"
HELPER_SIZE=99999999
expect_refusal 'bytes arrived'
HELPER_SIZE=

echo "# a helper for another machine"
good=$flash_helper
flash_helper=$scratch/other
head -c 100000 "$good" | tr '\177' '\176' >"$flash_helper"
expect_refusal 'does not run on this board .*: exit status 12[67]: .' 11

echo "# a program that runs, and is no helper"
flash_helper=$(command -v busybox)
expect_refusal 'does not run on this board' 11
flash_helper=$good

echo "# a board without busybox"
board_busybox=
expect_refusal 'there is no busybox'
printf '#!/bin/flash-helper\n' >"$scratch/no-busybox"
sent_busybox=$scratch/no-busybox
expect_refusal 'the busybox that was sent does not run'
# It runs, but has no applet.
echo 'int main (void) { return 0; }' | gcc -static -x c -o "$scratch/no-busybox" - ||
  fail "gcc makes no static program"
expect_refusal 'the busybox that was sent lacks cat'
board_busybox=$(command -v busybox)
sent_busybox=/dev/null

echo "# session files"
make_session_file 'session=0123'
expect_refusal 'value of session'
make_session_file 'mode=both'
expect_refusal 'value of mode'
# shellcheck disable=SC2016 # as it is
make_session_file 'stop-services=$(reboot)'
expect_refusal 'value of stop-services'
make_session_file 'image=a%0Ab'
expect_refusal 'value of image'
make_session_file 'disk-size=99999999999'
expect_refusal 'larger than the target'
make_session_file
sed -i '/^format=/d' "$scratch/session"
expect_refusal 'format is missing'
make_session_file
echo 'mode=ramfs' >>"$scratch/session"
expect_refusal 'mode is there twice'
make_session_file
disk_number='7:0;reboot'
expect_refusal 'not MAJOR:MINOR'

echo "# a lifeboat that does not fit: no file of it is cut off without a word"
mkdir "$scratch/full"
mount -t tmpfs -o size=4k tmpfs "$scratch/full" || skip "no tmpfs"
cleanup_fn umount "$scratch/full"
mkdir -p "$scratch/full/etc/ssh" "$scratch/full/root/.ssh" "$scratch/full/bin"
cat /dev/zero >"$scratch/full/filler" 2>/dev/null
for step in write_users write_banner write_sshd_config write_description; do
  for shell in sh 'busybox sh'; do
    $shell -c '
      fail () { echo "$*"; exit 1; }
      . "$1"
      set -u
      ram_root=$2 RAM_SIZE=4096 host_keys=/key daemon_kind=openssh
      daemon_exe=/sshd daemon_pid=1 key_type=ssh-ed25519 key_data=AAAA
      "$3"' - "$helper_dir/lifeboat.sh" "$scratch/full" "$step" \
      >"$scratch/said" 2>/dev/null && fail "$step: it went on"
    grep -q 'too little' "$scratch/said" || fail "$step: $(cat "$scratch/said")"
  done
done
