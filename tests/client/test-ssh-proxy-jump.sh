#!/bin/sh
# SPDX-License-Identifier: MIT
# ProxyJump over one and two hops, each with its own user, port and key; their host keys are checked; the lifeboat is reached that way, too.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

requires ssh -V
start_board
make_image "$scratch/new.img" 24
keys=$scratch/home/.ssh

# Two more sshd's are the hops.
for hop in 1 2; do
  ssh-keygen -q -t ed25519 -N '' -f "$board_dir/hop$hop"
  ssh-keygen -q -t ed25519 -N '' -f "$keys/to-hop$hop"
  port=$((board_port + hop))
  sed -e '/^ListenAddress/d' -e "s|^HostKey.*|HostKey $board_dir/hop$hop|" \
    "$board_dir/sshd_config" >"$board_dir/sshd_hop$hop"
  board_run /usr/sbin/sshd -f "$board_dir/sshd_hop$hop" -p $port \
    -E "$board_dir/hop$hop.log" -o ListenAddress=127.0.0.1
  echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$board_dir/hop$hop.pub")" \
    >"$scratch/hop$hop-known"
done
cat "$keys/to-hop1.pub" >"$board_dir/keys/pi"
cat "$keys/to-hop2.pub" >"$board_dir/keys/nosudo"
cat >"$scratch/config" <<END
Host hop1
  HostName 127.0.0.1
  Port $((board_port + 1))
  User pi
  IdentityFile $keys/to-hop1
Host hop2
  HostName 127.0.0.1
  Port $((board_port + 2))
  User nosudo
  IdentityFile $keys/to-hop2
Host hop*
  IdentitiesOnly yes
  StrictHostKeyChecking yes
  UserKnownHostsFile $scratch/hop1-known $scratch/hop2-known
END
cat "$board_ssh_config" >>"$scratch/config"
board_ssh_config=$scratch/config

# logins: how often each hop has let somebody in, as "1:N 2:N".
logins ()
{
  echo "1:$(grep -c 'Accepted publickey for pi' "$board_dir/hop1.log" || :)" \
    "2:$(grep -c 'Accepted publickey for nosudo' "$board_dir/hop2.log" || :)"
}

for transport in libssh openssh; do
  echo "$transport"
  before=$(logins)
  flash --ssh=$transport -o ProxyJump=hop1 --dry-run --device "$board_target" \
    "root@$board_name" "$scratch/new.img"
  expect_status 0
  [ "$(logins | cut -d' ' -f2)" = "${before#* }" ] || fail "the other hop was used"
  [ "$(logins)" != "$before" ] || fail "the hop was not used"

  # The whole of it, with the lifeboat, over both; the host of the last hop is what
  # the first one is asked for.
  before=$(logins)
  fill_target
  flash_target --ssh=$transport -o ProxyJump=hop1,hop2 --lifeboat-port 0 --stream \
    "root@$board_name" "$scratch/new.img"
  expect_status 0
  expect_says 'leads into its memory'
  expect_flashed "$scratch/new.img"
  expect_clean
  for hop in 1 2; do
    [ "$(logins | cut -d' ' -f$hop)" != "$(echo "$before" | cut -d' ' -f$hop)" ] ||
      fail "hop $hop was not used"
  done

  # A hop that shows another key: nobody gets through it.
  mv "$scratch/hop2-known" "$scratch/hop2-right"
  echo "[127.0.0.1]:$((board_port + 2)) $(cut -d' ' -f1,2 "$board_dir/hop1.pub")" \
    >"$scratch/hop2-known"
  remember_target
  flash_target --ssh=$transport -o ProxyJump=hop1,hop2 --stream "root@$board_name" \
    "$scratch/new.img"
  expect_status 3
  expect_says 'identification has changed|host key verification failed' \
    'nothing was written'
  expect_untouched
  mv "$scratch/hop2-right" "$scratch/hop2-known"
done
