# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# For the tests of the session side; to be sourced instead of ../functions.sh.
#
# A test runs in a sandbox: its own process and mount namespaces, a tmpfs of its
# own on /run, and without the right to reboot.  Its target is a loop device over
# its own file, and never the root disk.

# shellcheck disable=SC2016,SC2119,SC2120,SC2154 # quotes for eval, and optional
# arguments; what functions.sh sets

# shellcheck source=tests/functions.sh
. "$(dirname -- "$0")/../functions.sh"

ram_root=/run/flash-live-remote
helper_dir=$top_srcdir/helper
# A helper from elsewhere, for a test by hand.
flash_helper=${FLASH_HELPER:-$top_builddir/helper/flash-helper}

# $scratch/stand-in.sh, in the place of flash.sh: it is ready, and writes nothing.
make_stand_in ()
{
  echo 'flash-helper say ready'
  echo 'flash-helper wait-for-go'
  echo 'flash-helper say end result=aborted written=no'
} >"$scratch/stand-in.sh"

# The rest of the script goes on in the sandbox, as its first shell's child.
enter_sandbox ()
{
  if [ "${FLASH_SANDBOX:-}" != "$test_name" ]; then
    [ "$(id -u)" = 0 ] || skip "only root can make RAM roots and loop devices"
    requires unshare --mount --pid --fork --mount-proc true
    requires setpriv --bounding-set -sys_boot true
    requires losetup --version
    requires busybox true
    rm -rf -- "$scratch"
    FLASH_SANDBOX=$test_name
    export FLASH_SANDBOX
    trap - EXIT
    # Its own shell as PID 1's child: PID 1 must be something that reaps.
    exec unshare --mount --pid --fork --mount-proc --kill-child \
      setpriv --bounding-set -sys_boot --inh-caps -sys_boot \
      sh -c 'sh "$0" "$@" & wait $!' "$0" "$@"
  fi
  set -u
  mount -t tmpfs tmpfs /run || skip "a tmpfs cannot be mounted on /run"
}

# A disk of $1 bytes: sets $disk (the device), $disk_file, $disk_number.
make_disk ()
{
  disk_file=$scratch/disk
  disk_size=$1
  truncate -s "$disk_size" "$disk_file"
  disk=$(losetup --find --show "$disk_file") || skip "no loop device"
  cleanup_fn losetup --detach "$disk"
  disk_number=$(cat "/sys/block/${disk#/dev/}/dev")
}

# The session file, in $scratch/session.  Arguments change keys: KEY=VALUE.
session_id=0123456789abcdef
make_session_file ()
{
  cat >"$scratch/session" <<END
session=$session_id
mode=ramfs
target=$disk_number
target-name=${disk#/dev/}
target-size=$disk_size
root-disk=no
reboot=no
stop-services=
image=test.img
format=raw
stored-size=$disk_size
disk-size=$disk_size
stored-digest=00000000000000000000000000000000
verify=full
patch=none
patch-options=none
lifeboat=no
lifeboat-port=0
END
  for change in "$@"; do
    sed -i "s|^${change%%=*}=.*|$change|" "$scratch/session"
  done
}

size_of ()
{
  wc -c <"$1" | tr -d ' '
}

# Run deploy.sh as the client does, with the script $1 in flash.sh's place.
# RAM_SIZE, PATCH_SIZE (of the file $scratch/patch), board_sh, the board's shell,
# board_busybox ("": it has none) and sent_busybox, a file that is sent to it, may be
# set before.
board_sh='sh'
board_busybox=$(command -v busybox)
sent_busybox=/dev/null
deploy ()
{
  helper_size=$(size_of "$flash_helper")
  {
    cat <<END
BUSYBOX='$board_busybox'
BUSYBOX_SIZE='$(size_of "$sent_busybox")'
HELPER_SIZE='${HELPER_SIZE:-$helper_size}'
SCRIPT_SIZE='$(size_of "$1")'
SESSION_SIZE='$(size_of "$scratch/session")'
KEY_SIZE='0'
PATCH_SIZE='${PATCH_SIZE:-0}'
LIFEBOAT='no'
PURPOSE='session'
RAM_SIZE='${RAM_SIZE:-67108864}'
TARGET='$disk_number'
END
    cat "$helper_dir/deploy.sh"
  } >"$scratch/deploy"
  : >>"$scratch/patch"
  cat "$scratch/deploy" "$flash_helper" "$sent_busybox" "$1" "$scratch/session" \
    "$scratch/patch" |
    $board_sh -c 'eval "$(dd bs=1 count='"$(size_of "$scratch/deploy")"' 2>/dev/null)"' \
      >"$scratch/deploy.out" 2>"$scratch/deploy.err"
}

request ()
{
  "$ram_root/bin/flash-helper" "$@"
}

# Attach a client: its records come into $scratch/records.$1; with more arguments
# these run as the NBD server on the channel.  By $attach_by, if that is set.
attach_by=
attach ()
{
  client=$1
  shift
  for end in in out status; do
    rm -f "$scratch/$client.$end"
    mkfifo "$scratch/$client.$end"
  done
  : >"$scratch/records.$client"
  cat "$scratch/$client.status" >>"$scratch/records.$client" &
  eval "reader_$client=\$!"
  (
    $attach_by "$ram_root/bin/flash-helper" attach -r "$ram_root" \
      <"$scratch/$client.in" >"$scratch/$client.out" 2>"$scratch/$client.status"
    echo $? >"$scratch/$client.exit"
  ) &
  (
    exec >"$scratch/$client.in" <"$scratch/$client.out"
    read -r marker
    [ "$marker" = FLR1-TUNNEL ] || fail "marker: $marker"
    [ $# -gt 0 ] || set -- sleep 1000
    exec "$@" 2>"$scratch/$client.server"
  ) &
  eval "server_$client=\$!"
}

# The client goes away, as when ssh dies: nobody reads its records any more.
hang_up ()
{
  eval "kill \$reader_$1 \$server_$1" 2>/dev/null
}

# Kill the session process, whose number $killed was.
kill_session ()
{
  killed=$(cat "$ram_root/pid")
  kill -9 "$killed" || fail "the session process does not run"
}

is_restarted ()
{
  session_pid=$(cat "$ram_root/pid" 2>/dev/null)
  [ -n "$session_pid" ] && [ "$session_pid" != "$killed" ] &&
    request status >/dev/null 2>&1
}

# wait_until SECONDS COMMAND...
wait_until ()
{
  tries=$(($1 * 10))
  shift
  while ! "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.1
  done
}

has_record ()
{
  grep -q -- "$2" "$scratch/records.$1"
}

expect_record ()
{
  wait_until 10 has_record "$1" "$2" && return 0
  cat "$scratch/records.$1" >&2
  fail "client $1: no record like: $2"
}

is_clean ()
{
  [ ! -e "$ram_root" ] && ! grep -q " $ram_root " /proc/mounts &&
    ! pgrep -x flash-helper >/dev/null
}

expect_clean ()
{
  wait_until "${1:-15}" is_clean && return 0
  ls -l "$ram_root" >&2
  grep "$ram_root" /proc/mounts >&2
  ps -e -o pid,comm,args >&2
  fail "the session left something behind"
}
