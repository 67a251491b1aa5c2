#!/bin/sh
# SPDX-License-Identifier: MIT
# deploy.sh on a board of busybox alone: no /run, no /dev/shm, no program but its busybox, of which few links exist; and what a smaller busybox lacks is named.

. "$(dirname -- "$0")/session-side.sh"
enter_sandbox "$@"
make_disk 16777216
make_session_file
make_stand_in

busybox=$(command -v busybox)
root=$scratch/root
mkdir "$root"
mount -t tmpfs -o mode=755 tmpfs "$root" || skip "no tmpfs"
mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/bin" "$root${busybox%/*}"
cp -L "$busybox" "$root$busybox"
ldd "$busybox" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$root${library%/*}" && cp -L "$library" "$root$library"
done
# sh and dd start deploy.sh; the rest it must find by itself.
for applet in sh dd; do
  ln -s "$busybox" "$root/bin/$applet"
done
mknod -m 666 "$root/dev/null" c 1 3
mount -t proc proc "$root/proc" || fail "proc"
cleanup_fn umount -R "$root"
mount -t sysfs sysfs "$root/sys" || fail "sysfs"
# The root of a mount namespace, and not only of a chroot: the session comes
# back to it in the end.
mkdir "$root/outside"
unshare --mount --propagation private sh -c 'cd "$1" && pivot_root . outside &&
  exec "$2" sh -c "$2 umount -l /outside; echo >/ready; exec $2 sleep 1000"' \
  sh "$root" "$busybox" &
board=$!
cleanup_process $board
wait_until 20 test -e "$root/ready" || fail "no namespace"
rmdir "$root/outside"
rm "$root/ready"
board_sh="nsenter -t $board -m -- /bin/sh"

# A command of the board's busybox.
on_board ()
{
  nsenter -t "$board" -m -- "$busybox" "$@"
}

inside_request ()
{
  nsenter -t "$board" -m -- "$ram_root/bin/flash-helper" "$@"
}

has_no_run ()
{
  [ ! -e "$root/run" ] && [ ! -L "$root/run" ] && ! pgrep -x flash-helper >/dev/null
}

echo "# /run is made, and goes away with the session"
deploy "$scratch/stand-in.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
[ "$(stat -c %a "$root$ram_root")" = 700 ] || fail "the RAM root is open to others"
inside_request status >"$scratch/out" || fail "status"
grep -q "session=$session_id" "$scratch/out" || fail "$(cat "$scratch/out")"
inside_request abort "$session_id" >/dev/null || fail "abort"
wait_until 15 has_no_run || fail "left: $(ls -la "$root/run")"

echo "# and with a deployment that fails"
HELPER_SIZE=99999999
deploy "$scratch/stand-in.sh" && fail "it went well"
HELPER_SIZE=
grep -q 'bytes arrived' "$scratch/deploy.err" || fail "$(cat "$scratch/deploy.err")"
has_no_run || fail "left: $(ls -la "$root/run")"

echo "# /run is a link, as where all that changes lies in /tmp"
mkdir "$root/tmp"
on_board mount -t tmpfs -o noexec tmpfs /tmp || fail "no tmpfs"
on_board mkdir /tmp/run
on_board ln -s /tmp/run /run
is_gone ()
{
  ! on_board test -e /tmp/run/flash-live-remote
}
for _ in 1 2; do
  deploy "$scratch/stand-in.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
  inside_request abort "$session_id" >/dev/null || fail "abort"
  wait_until 15 is_gone || fail "something stays"
done
on_board mkdir -m 700 "$ram_root"
on_board mount -t tmpfs -o mode=700 tmpfs "$ram_root"
deploy "$scratch/stand-in.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
inside_request abort "$session_id" >/dev/null || fail "abort"
wait_until 15 is_gone || fail "something stays"
on_board rm /run
on_board umount /tmp

echo "# no place at all"
on_board mount -o remount,ro /
deploy "$scratch/stand-in.sh" && fail "it went well"
grep -q 'no /run, and it cannot be made' "$scratch/deploy.err" ||
  fail "$(cat "$scratch/deploy.err")"
on_board mount -o remount,rw /

echo "# a busybox that lacks something"
mv "$root$busybox" "$root$busybox.real"
ln -sf "$busybox.real" "$root/bin/busybox"      # under its name it finds its applets
for lacking in reboot mknod; do
  printf '#!/bin/busybox sh\n[ "$1" = --list ] || exec /bin/busybox "$@"\n%s\n' \
    "/bin/busybox --list | /bin/busybox grep -vx $lacking" >"$root$busybox"
  chmod 755 "$root$busybox"
  for applet in sh dd; do ln -sf busybox "$root/bin/$applet"; done
  deploy "$scratch/stand-in.sh" && fail "$lacking: it went well"
  grep -q "lacks.* $lacking" "$scratch/deploy.err" ||
    fail "$lacking: $(cat "$scratch/deploy.err")"
  has_no_run || fail "left: $(ls -la "$root/run")"
done
