#!/bin/sh
# SPDX-License-Identifier: MIT
# The units under a real systemd: a manager of its own, in its own mount and process
# namespaces, nothing of which outlasts the test.  With all of the hardening the server
# starts when a client comes, serves each kind of image, remembers its scans, is what
# the unit says, comes back when it is killed, and when a mistake was corrected.
# shellcheck source-path=SCRIPTDIR source=server-functions.sh
. "${srcdir:=.}/server-functions.sh"

manager=/lib/systemd/systemd
units='flash-image-server.service flash-image-server.socket'
user=flash-image-server

skipped ()
{
  echo "skipped: $*"
  exit 77
}

# The folders of cgroups that a manager wants to make its own in.
cgroup_folders ()
{
  for folder in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
    [ ! -w "$folder/cgroup.procs" ] || echo "$folder/flash-test-$1"
  done
}

remove_cgroups ()
{
  for folder in $(cgroup_folders $$); do
    [ ! -d "$folder" ] || find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || :
  done
}

# --- inside: process 1 of the namespace is this shell ------------------------------

# Everything that the service sees lies in a fresh /run.
lay_out ()
{
  mount -t tmpfs none /run
  mount -t proc none /proc
  mkdir -p /run/systemd/system /run/user/0/systemd/user /run/server/images /run/server/tls
  # What process 1 makes at the boot, for units to hide things behind.
  mkdir /run/systemd/inaccessible
  mkdir -m 0000 /run/systemd/inaccessible/dir
  : >/run/systemd/inaccessible/reg
  mkfifo -m 0000 /run/systemd/inaccessible/fifo
  mknod -m 0000 /run/systemd/inaccessible/chr c 0 0
  mknod -m 0000 /run/systemd/inaccessible/blk b 0 0
  cp "$SERVER" "$PLUGIN" /run/server/
  cp "$1/images/"* /run/server/images/
  cp "$1/etc/tls/keys.psk" /run/server/tls/
  cp "$1/server.conf" /run/server/
  for file in passwd group; do
    cp "/etc/$file" "/run/server/$file"
  done
  echo "$user:x:971:971::/:/usr/sbin/nologin" >>/run/server/passwd
  echo "$user:x:971:" >>/run/server/group
  mount --bind /run/server/passwd /etc/passwd
  mount --bind /run/server/group /etc/group
  chgrp -R 971 /run/server/tls
  chmod 0750 /run/server/tls
  chmod 0640 /run/server/tls/keys.psk
  chmod 0755 /run/server /run/server/images /run/user /run/user/0
  chmod 0644 /run/server/images/*
}

add_units ()
{
  folder=/run/user/0/systemd/user
  sed "s|^ExecStart=.*|ExecStart=/run/server/flash-image-server /run/server/server.conf|" \
    "$SOURCES/flash-image-server.service.in" >"$folder/flash-image-server.service"
  cp "$SOURCES/flash-image-server.socket" "$folder/"
  mkdir "$folder/flash-image-server.service.d" "$folder/flash-image-server.socket.d"
  printf '[Service]\nEnvironment=FLASHIMAGE_PLUGIN=/run/server/%s\n' "${PLUGIN##*/}" \
    >"$folder/flash-image-server.service.d/test.conf"
  printf '[Socket]\nListenStream=\nListenStream=127.0.0.1:%s\n' "$1" \
    >"$folder/flash-image-server.socket.d/test.conf"
}

# control ARGS...
control ()
{
  timeout 60 systemctl --user --no-pager "$@"
}

main_pid ()
{
  control show -P MainPID flash-image-server.service
}

# is_another_process PID: the server runs, and is not PID.
is_another_process ()
{
  now=$(main_pid)
  [ "$now" -ne 0 ] && [ "$now" -ne "$1" ]
}

# copy FILE RAW
copy ()
{
  timeout 120 nbdcopy "nbds://alice@127.0.0.1:$port/$1?tls-psk-file=$tmp/alice.psk" \
    "$tmp/copy" || { control status $units || :; fail "no copy of $1"; }
  cmp "$2" "$tmp/copy" || fail "the copy of $1 differs"
  rm "$tmp/copy"
}

# check_process PID: what the unit says is so.
check_process ()
{
  status=/proc/$1/status
  grep -q '^Uid:	971	971	971	971$' "$status" || fail "user: $(grep Uid "$status")"
  grep -q '^NoNewPrivs:	1' "$status" || fail "NoNewPrivs"
  grep -q '^Seccomp:	2' "$status" || fail "no filter of system calls"
  grep -q '^CapBnd:	0*$' "$status" || fail "it could have capabilities"
  for ns in net mnt user ipc; do
    [ "$(readlink "/proc/$1/ns/$ns")" != "$(readlink "/proc/self/ns/$ns")" ] ||
      fail "it is in our $ns namespace"
  done
  grep -q '^Max open files  *8192 ' "/proc/$1/limits" || fail "LimitNOFILE"
}

inside ()
{
  tmp=$1
  port=$2
  lay_out "$tmp"
  add_units "$port"
  for folder in $(cgroup_folders "$3"); do
    { mkdir "$folder" && echo $$ >"$folder/cgroup.procs"; } 2>/dev/null || :
  done
  export XDG_RUNTIME_DIR=/run/user/0 HOME="$tmp/home"
  unset XDG_CACHE_HOME XDG_CONFIG_HOME
  mkdir -p "$HOME"
  chmod 0755 "$tmp" "$HOME"
  # What it says goes to the kernel's log: for once, to a file.
  mkfifo /run/server/kmsg
  cat /run/server/kmsg >"$tmp/manager.log" &
  mount --bind /run/server/kmsg /dev/kmsg
  "$manager" --user --log-target=kmsg &
  retry 20 systemctl --user list-units >/dev/null 2>&1 || exit 77

  control start flash-image-server.socket || fail "the socket unit does not start"
  [ "$(main_pid)" -eq 0 ] || fail "started before there was a client"
  for image in blocks.img.xz one-block.img.xz a.img.gz; do
    copy "$image" "$tmp/raw"
  done
  pid=$(main_pid)
  check_process "$pid"
  # What it remembers is where it may write.
  retry 30 remembers "$HOME/.cache/flash-image-server" "$HOME/.config" ||
    fail "no scan is remembered"

  kill -9 "$pid"
  copy blocks.img.xz "$tmp/raw"
  retry 30 is_another_process "$pid" || fail "it did not come back"

  # A client that says nothing does not keep it from being restarted.
  sleep 600 | socat - "TCP4:127.0.0.1:$port" >"$tmp/greeting" &
  stalled=$!
  retry 30 test -s "$tmp/greeting" || fail "no greeting"
  pid=$(main_pid)
  control restart flash-image-server.service || fail "restart"
  copy a.img.gz "$tmp/raw"
  is_another_process "$pid" || fail "it was not restarted"
  kill "$stalled" 2>/dev/null || :

  # A mistake: clients wait until it was corrected.
  cp /run/server/server.conf /run/server/good.conf
  echo "NONSENSE=yes" >>/run/server/server.conf
  control restart flash-image-server.service 2>/dev/null || :
  copy one-block.img.xz "$tmp/raw" &
  waiting=$!
  sleep 5
  kill -0 "$waiting" 2>/dev/null || fail "the client did not wait"
  cp /run/server/good.conf /run/server/server.conf
  wait "$waiting" || fail "it did not go on when the mistake was corrected"
  control stop $units
}

remembers ()
{
  find "$@" -type f -size +0 2>/dev/null | grep -q .
}

if [ "${1:-}" = inside ]; then
  trap cleanup EXIT
  inside "$2" "$3" "$4"
  exit
fi

# --- outside -----------------------------------------------------------------------

[ "$(id -u)" -eq 0 ] || skipped "it takes root to make namespaces"
[ -x "$manager" ] || skipped "no $manager"
require unshare systemctl socat xz gzip
unshare --mount --pid --fork true 2>/dev/null || skipped "no namespaces here"

make_image "$TMP/raw" 6
xz -0 -T2 --block-size=1MiB -c "$TMP/raw" >"$TMP/images/blocks.img.xz"
xz -0 -T1 -c "$TMP/raw" >"$TMP/images/one-block.img.xz"
gzip -1 -c "$TMP/raw" >"$TMP/images/a.img.gz"
setup psk alice >/dev/null
printf '%s\n' IMAGES=/run/server/images TLS=psk TLS_PSK=/run/server/tls/keys.psk CACHE=64M \
  >"$TMP/server.conf"

status=0
timeout 500 unshare --mount --propagation private --pid --fork --kill-child \
  "$0" inside "$TMP" "$(free_port)" $$ || status=$?
remove_cgroups
if [ "$status" -ne 0 ]; then
  tail -n 30 "$TMP/manager.log" >&2 || :
fi
[ "$status" -ne 77 ] || skipped "systemd does not start here"
exit "$status"
