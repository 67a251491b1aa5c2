#!/bin/sh
# SPDX-License-Identifier: MIT
# IPv6 addresses, with brackets and with an interface; AddressFamily; .local names; HostName with %h; HostKeyAlias; hashed known_hosts.
set -eu
# A network and an /etc/hosts of its own.
[ -n "${OWN_NETWORK:-}" ] || {
  unshare --net --mount true 2>/dev/null ||
    { echo "SKIP: this needs namespaces" >&2; exit 77; }
  exec env OWN_NETWORK=yes unshare --net --mount "$0" "$@"
}
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

requires ip -V
ip link set lo up
ip address add fe80::1/64 dev lo
start_board
make_image "$scratch/new.img" 8
printf '127.0.0.1 localhost\n::1 board.local board.lan\n' >"$scratch/hosts"
mount --bind "$scratch/hosts" /etc/hosts

# Its sshd, once more, for IPv6.
port=$((board_port + 1))
sed '/^ListenAddress/d' "$board_dir/sshd_config" >"$board_dir/sshd_ipv6"
board_run /usr/sbin/sshd -f "$board_dir/sshd_ipv6" -p $port -o ListenAddress=::
key=$(cut -d' ' -f1,2 "$board_dir/host_key.pub")
known=$scratch/known

# dry_run ARGUMENTS... DESTINATION
dry_run ()
{
  flash --ssh=$transport -p $port -i "$HOME/.ssh/id_ed25519" \
    -o UserKnownHostsFile="$known" --dry-run --device "$board_target" "$@" \
    "$scratch/new.img"
}

for transport in libssh openssh; do
  for host in ::1 fe80::1%lo; do
    echo "$transport $host"
    echo "[$host]:$port $key" >"$known"
    dry_run "root@$host"
    expect_status 0
    dry_run "root@[$host]"
    expect_status 0
    expect_says "board   $host"
  done
  dry_run -o AddressFamily=inet "root@::1"
  expect_status 3

  # As a lifeboat's address, too.
  flash --ssh=$transport -p $port -i "$HOME/.ssh/id_ed25519" \
    -o UserKnownHostsFile="$known" --rehearse --lifeboat-port 0 \
    --confirm 'fe80::1%lo' --device "$board_target" 'root@[fe80::1%lo]' \
    "$scratch/new.img"
  expect_status 0
  expect_says 'leads into its memory'
  expect_clean

  # Names.
  echo "[board.local]:$port $key" >"$known"
  dry_run root@board.local
  expect_status 0
  dry_run root@nosuch.local
  expect_status 3
  expect_says 'nosuch.local' '\.local name' 'nothing was written'
  echo "[board.lan]:$port $key" >"$known"
  dry_run -o HostName=%h.lan root@board
  expect_status 0
  echo "elsewhere $key" >"$known"
  dry_run -o HostName=board.lan root@board
  expect_status 3
  dry_run -o HostName=board.lan -o HostKeyAlias=elsewhere root@board
  expect_status 0

  # A name that is hashed is known, and a new one is hashed where that is wanted.
  echo "[board.lan]:$port $key" >"$known"
  ssh-keygen -q -H -f "$known" >/dev/null 2>&1
  ! grep -q board "$known" || fail "ssh-keygen did not hash it"
  dry_run root@board.lan
  expect_status 0
  rm "$known" "$known.old"
  dry_run -o HashKnownHosts=yes -o StrictHostKeyChecking=accept-new root@board.lan
  expect_status 0
  ! grep -q board "$known" || fail "the new name was not hashed"
  [ "$(wc -l <"$known")" -eq 1 ] || fail "not one line was added"
  [ -z "$(find "$known" -perm /022)" ] || fail "others can write to known_hosts"
  dry_run -o StrictHostKeyChecking=yes root@board.lan
  expect_status 0
done
