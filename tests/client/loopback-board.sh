# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A board on this machine: a real sshd on the loopback address, in its own mount
# and PID namespace with private /run and /etc, and a loop device as its disk.
# Sourced by the tests after tests/functions.sh.
#
# start_board sets: $board_name (the Host of $board_ssh_config), $board_target
# (/dev/loopN), $board_target_file (what lies behind it), $board_known_hosts,
# $board_port, $client.
# start_boards N starts N of them; use_board I (from 1) sets these variables to one's,
# and $board_names has the names of all.  Each has its loop device as
# /run/board-disk, too.
#
# Users: root and pi (sudo without a password), nosudo, nokey (no key is
# accepted).  Set before start_board where a test wants another board:
#   board_memory_available_kb  what /proc/meminfo says
#   board_without              a program that the board lacks
#   board_machine              what uname -m says
#   board_boot_id              its own; this machine's otherwise
#   board_mac                  of its only network interface
#   board_disk_mb              size of the disk
#   board_sector               bytes of its sectors
#
# Safety: this machine's own root disk must stay out of reach.  A test names the
# loop device by --device, or stops at --dry-run; and everything on the board
# runs without CAP_SYS_BOOT and with an empty /proc/sysrq-trigger.

board_memory_available_kb=
board_without=
board_machine=
board_address=127.0.0.1
board_boot_id=
board_mac=
board_disk_mb=64
board_sector=512
board_suffix=

board_requirements ()
{
  [ "$(id -u)" -eq 0 ] || skip "loopback boards need root"
  requires unshare --mount --pid --fork --mount-proc true
  requires losetup -f
  [ -x /usr/sbin/sshd ] || skip "there is no /usr/sbin/sshd"
  requires nbdkit --version
  requires sudo --version
  requires busybox true
  requires setpriv --help
}

# Everything that the namespace needs, made outside of it.
prepare_board ()
{
  board_dir=$scratch/board$board_suffix
  mkdir -p "$board_dir/keys" "$board_dir/fakes" "$scratch/home/.ssh"
  chmod 755 "$scratch" "$board_dir" "$board_dir/keys" "$board_dir/fakes"
  chmod 700 "$scratch/home/.ssh"
  ssh-keygen -q -t ed25519 -N '' -f "$board_dir/host_key"
  [ -e "$scratch/home/.ssh/id_ed25519" ] ||
    ssh-keygen -q -t ed25519 -N '' -f "$scratch/home/.ssh/id_ed25519"
  for user in root pi nosudo; do
    cp "$scratch/home/.ssh/id_ed25519.pub" "$board_dir/keys/$user"
  done
  chmod 644 "$board_dir/keys/"*

  cp -a /etc "$board_dir/etc"
  id=61000
  for user in pi nosudo nokey; do
    id=$((id + 1))
    sed -i "/^$user:/d" "$board_dir/etc/passwd" "$board_dir/etc/shadow" \
      "$board_dir/etc/group"
    mkdir "$board_dir/home-$user"
    chown $id:$id "$board_dir/home-$user"
    echo "$user:x:$id:$id::$board_dir/home-$user:/bin/sh" >>"$board_dir/etc/passwd"
    echo "$user:*:19000:0:99999:7:::" >>"$board_dir/etc/shadow"
    echo "$user:x:$id:" >>"$board_dir/etc/group"
  done
  sed -i 's|^root:.*|root:x:0:0::/root:/bin/sh|' "$board_dir/etc/passwd"
  rm -rf "$board_dir/etc/sudoers.d"
  mkdir "$board_dir/etc/sudoers.d"
  printf 'Defaults !fqdn\nroot ALL=(ALL:ALL) ALL\npi ALL=(ALL) NOPASSWD: ALL\n' \
    >"$board_dir/etc/sudoers"
  chmod 440 "$board_dir/etc/sudoers"

  cat >"$board_dir/sshd_config" <<END
HostKey $board_dir/host_key
AuthorizedKeysFile $board_dir/keys/%u
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
MaxStartups 100
PidFile none
ListenAddress $board_address
END
}

# What the board lacks or says differently: files bound over the real ones.
prepare_fakes ()
{
  : >"$board_dir/fakes/mounts"
  if [ -n "$board_without" ]; then
    : >"$board_dir/fakes/absent"
    for folder in /bin /sbin /usr/bin /usr/sbin /usr/local/bin; do
      if [ -e "$folder/$board_without" ]; then
        echo "$board_dir/fakes/absent $folder/$board_without" >>"$board_dir/fakes/mounts"
      fi
    done
  fi
  if [ -n "$board_machine" ]; then
    printf '#!/bin/sh\necho %s\n' "$board_machine" >"$board_dir/fakes/uname"
    chmod 755 "$board_dir/fakes/uname"
    echo "$board_dir/fakes/uname $(readlink -f "$(command -v uname)")" \
      >>"$board_dir/fakes/mounts"
  fi
  if [ -n "$board_boot_id" ]; then
    echo "$board_boot_id" >"$board_dir/fakes/boot-id"
    echo "$board_dir/fakes/boot-id /proc/sys/kernel/random/boot_id" \
      >>"$board_dir/fakes/mounts"
  fi
  if [ -n "$board_mac" ]; then
    mkdir -p "$board_dir/fakes/net/eth0/device"
    echo "$board_mac" >"$board_dir/fakes/net/eth0/address"
    echo "$board_dir/fakes/net /sys/class/net" >>"$board_dir/fakes/mounts"
  fi
  if [ -n "$board_memory_available_kb" ]; then
    sed "s/^MemAvailable:.*/MemAvailable: $board_memory_available_kb kB/" \
      /proc/meminfo >"$board_dir/fakes/meminfo"
    echo "$board_dir/fakes/meminfo /proc/meminfo" >>"$board_dir/fakes/mounts"
  fi
}

# Runs as PID 1 of the board; sshd below it, for a lifeboat stops what listens, and
# nobody can stop PID 1.
write_board_init ()
{
  cat >"$board_dir/init" <<END
set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/sshd
ln -s "\$(cat '$board_dir/disk')" /run/board-disk
mount --bind '$board_dir/etc' /etc
[ ! -e /proc/sysrq-trigger ] || mount --bind /dev/null /proc/sysrq-trigger
while read -r from to; do mount --bind "\$from" "\$to"; done <'$board_dir/fakes/mounts'
exec setpriv --bounding-set=-sys_boot sh -c '
  /usr/sbin/sshd -D -e -p "\$1" -f "$board_dir/sshd_config" &
  echo \$! >/run/board-sshd
  wait \$!' sh "\$1"
END
}

port_is_open ()
{
  # ssh-keyscan tells a whole handshake, not just a listener.
  ssh-keyscan -T 2 -p "$board_port" "$board_address" 2>/dev/null | grep -q ssh-ed25519
}

# Boot the board with its sshd on $board_port, once; false if that does not answer.
boot_board ()
{
  unshare --mount --pid --fork --kill-child --mount-proc \
    sh "$board_dir/init" "$board_port" >"$board_dir/sshd.log" 2>&1 &
  board_unshare=$!
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    sleep 0.1
    kill -0 "$board_unshare" 2>/dev/null || break
    if port_is_open; then
      board_pid=$(pgrep -P "$board_unshare")
      return 0
    fi
  done
  kill -9 "$board_unshare" 2>/dev/null || :
  return 1
}

start_sshd ()
{
  for try in 1 2 3 4 5; do
    board_port=$((20000 + ($$ * 7 + ${board_suffix:-0} * 131 + try * 997) % 20000))
    if boot_board; then
      return 0
    fi
  done
  cat "$board_dir/sshd.log" >&2
  fail "the loopback sshd does not answer"
}

start_board ()
{
  board_requirements
  prepare_board
  prepare_fakes
  write_board_init

  board_target_file=$scratch/target$board_suffix
  truncate -s "${board_disk_mb}M" "$board_target_file"
  board_target=$(losetup --show -b "$board_sector" -f "$board_target_file") ||
    skip "no loop device is free"
  cleanup_fn "losetup -d $board_target"
  case $board_target in /dev/loop*) ;; *) fail "odd loop device" ;; esac
  echo "$board_target" >"$board_dir/disk"

  start_sshd
  cleanup_fn "stop_board_of $board_pid $board_unshare"

  board_name=board-$$${board_suffix:+-$board_suffix}
  board_known_hosts=$board_dir/known_hosts
  echo "[127.0.0.1]:$board_port $(cut -d' ' -f1,2 "$board_dir/host_key.pub")" \
    >"$board_known_hosts"
  board_ssh_config=$scratch/home/.ssh/config
  cat >>"$board_ssh_config" <<END
Host $board_name
  HostName 127.0.0.1
  Port $board_port
  IdentityFile $scratch/home/.ssh/id_ed25519
  UserKnownHostsFile $board_known_hosts
  StrictHostKeyChecking yes
END

  HOME=$scratch/home
  FLASHIMAGE_PLUGIN=$top_builddir/nbdkit-plugin/.libs/nbdkit-flashimage-plugin.so
  FLASH_LIVE_REMOTE_HELPER_DIR=$top_builddir/helper/deployed
  export HOME FLASHIMAGE_PLUGIN FLASH_LIVE_REMOTE_HELPER_DIR
  unset SSH_AUTH_SOCK DISPLAY SSH_ASKPASS
  client=$top_builddir/client/flash-live-remote
}

# board_run COMMAND...: as root on the board.
board_run ()
{
  nsenter -t "$board_pid" -m -p -- "$@"
}

# The end of the board's PID 1 is the end of everything that runs there.
stop_board ()
{
  stop_board_of "$board_pid" "$board_unshare"
}

stop_board_of ()
{
  is_own_process "$2" || return 0       # it was stopped before
  kill -9 "$1" "$2" 2>/dev/null || :
  wait "$2" 2>/dev/null || :    # what the kill leaves is no news
}

# start_boards N
start_boards ()
{
  board_names=
  for board_suffix in $(seq "$1"); do
    start_board
    board_names="$board_names $board_name"
    for variable in dir target_file target pid unshare name known_hosts port; do
      eval "board_${board_suffix}_$variable=\$board_$variable"
    done
  done
}

# use_board I
use_board ()
{
  board_suffix=$1
  for variable in dir target_file target pid unshare name known_hosts port; do
    eval "board_$variable=\$board_${board_suffix}_$variable"
  done
}
