# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# For the tests of the lifeboat; to be sourced instead of session-side.sh, which it
# sources.  The board's ssh daemon is a real one on loopback, inside the sandbox:
# neither a signal nor a mount leaves it.

# shellcheck disable=SC2154 # what the others set

# shellcheck source=tests/helper/session-side.sh
. "$(dirname -- "$0")/session-side.sh"

# A port that nobody listens on, by the number of this process and $1.
pick_port ()
{
  port=$((20000 + ($(cat /proc/sys/kernel/random/boot_id /proc/uptime \
    /proc/self/stat | cksum | cut -d' ' -f1) + $1) % 20000))
  while grep -qi ":$(printf %04X "$port") 0*:0000 0A" /proc/net/tcp \
    /proc/net/tcp6; do
    port=$((port + 1))
  done
  echo "$port"
}

# The keys of the board's owner, of the session, and somebody's.
make_keys ()
{
  for key in owner boat somebody; do
    ssh-keygen -q -t ed25519 -N '' -C "$key" -f "$scratch/$key" ||
      fail "ssh-keygen"
  done
}

know_host ()
{
  echo "[127.0.0.1]:$board_port $1" | cut -d' ' -f1-3 >"$scratch/known_hosts"
}

start_openssh ()
{
  requires test -x /usr/sbin/sshd
  mkdir -p /run/sshd
  ssh-keygen -q -t ed25519 -N '' -f "$scratch/host" || fail "ssh-keygen"
  know_host "$(cat "$scratch/host.pub")"
  cat >"$scratch/sshd_config" <<END
ListenAddress 127.0.0.1
HostKey $scratch/host
AuthorizedKeysFile $scratch/owner.pub
PidFile none
StrictModes no
PasswordAuthentication no
PermitRootLogin yes
UsePAM no
END
  /usr/sbin/sshd -D -p "$board_port" -f "$scratch/sshd_config" \
    -E "$scratch/sshd.log" &
  daemon_pid=$!
}

start_dropbear ()
{
  requires dropbear -V
  mount -t tmpfs -o mode=700 tmpfs /root || fail "a home for root"
  mkdir -m 700 /root/.ssh
  cp "$scratch/owner.pub" /root/.ssh/authorized_keys
  dropbearkey -t ed25519 -f "$scratch/host" >/dev/null 2>&1 ||
    fail "dropbearkey"
  know_host "$(dropbearkey -y -f "$scratch/host" | grep ^ssh-)"
  dropbear -F -E -p "127.0.0.1:$board_port" -r "$scratch/host" \
    2>"$scratch/dropbear.log" &
  daemon_pid=$!
}

start_board ()
{
  requires ssh -V
  make_keys
  board_port=$(pick_port 0)
  "start_$1"
  wait_until 20 login owner true 2>/dev/null ||
    fail "the board's daemon does not answer"
}

# login KEY COMMAND..., on the board's port unless $ssh_port says another one, or
# to the daemon that $ssh_proxy starts.
login ()
{
  key=$1
  shift
  timeout 60 ssh -F none -i "$scratch/$key" -o IdentitiesOnly=yes -o BatchMode=yes \
    -o IdentityAgent=none -o UserKnownHostsFile="$scratch/known_hosts" \
    -o GlobalKnownHostsFile=none -o StrictHostKeyChecking=yes \
    -o HostKeyAlias="[127.0.0.1]:$board_port" -o ConnectTimeout=20 \
    ${ssh_proxy:+-o "ProxyCommand=$ssh_proxy"} \
    -p "${ssh_port:-$board_port}" root@127.0.0.1 "$@"
}

# As deploy of session-side.sh, with a lifeboat, and through the board's daemon.
deploy_lifeboat ()
{
  make_session_file lifeboat=yes "lifeboat-port=${lifeboat_port:-0}" \
    ${session_mode:+"mode=$session_mode"}
  {
    cat <<END
BUSYBOX='$(command -v busybox)'
BUSYBOX_SIZE='0'
HELPER_SIZE='$(size_of "$flash_helper")'
SCRIPT_SIZE='$(size_of "$1")'
SESSION_SIZE='$(size_of "$scratch/session")'
KEY_SIZE='$(size_of "$scratch/boat.pub")'
PATCH_SIZE='0'
LIFEBOAT='yes'
PURPOSE='session'
RAM_SIZE='134217728'
TARGET='$disk_number'
END
    cat "$helper_dir/lifeboat.sh" "$helper_dir/deploy.sh"
  } >"$scratch/deploy"
  cat "$scratch/deploy" "$flash_helper" "$1" "$scratch/session" \
    "$scratch/boat.pub" |
    login owner "sh -c 'eval \"\$(dd bs=1 count=$(size_of "$scratch/deploy") \
      2>/dev/null)\"'" >"$scratch/deploy.out" 2>"$scratch/deploy.err"
}

expect_deployed ()
{
  deploy_lifeboat "$1" || fail "deploy: $(cat "$scratch/deploy.err")"
  grep -qx "FLR1-DEPLOYED $session_id" "$scratch/deploy.out" ||
    fail "deploy said: $(cat "$scratch/deploy.out")"
}

inside_helper="$ram_root/bin/flash-helper"
inside ()
{
  login boat "$inside_helper" "$@"
}

lifeboat_is ()
{
  request status 2>/dev/null | grep -q "lifeboat=$1 "
}

# The state of a process: one letter of /proc/PID/stat.
state_of ()
{
  sed 's/.*) \(.\).*/\1/' "/proc/$1/stat"
}

is_in_state ()
{
  [ "$(state_of "$1")" = "$2" ]
}
