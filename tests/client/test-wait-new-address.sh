#!/bin/sh
# SPDX-License-Identifier: MIT
# --wait: a board with a new address is found by its MAC address, and is still held against its host key.
set -eu
# shellcheck source=tests/client/return-test.sh
. "$(dirname "$0")/return-test.sh"

# A network of its own, whose neighbour table can be written.
if [ "${1-}" != apart ]; then
  requires unshare --net true
  requires ip -V
  rm -rf "$scratch"
  exec unshare --net sh "$0" apart
fi
board_mac=dc:a6:32:01:02:03
ip link set lo up
ip link add net0 type veth peer name net1 || skip "this kernel has no veth"
ip link set net0 up
for address in 127.0.0.66 127.0.0.77; do
  ip neigh add $address lladdr $board_mac dev net0 nud permanent
done
# Somebody else.
ip neigh add 127.0.0.1 lladdr dc:a6:32:01:02:04 dev net0 nud permanent
start_board

# move_board ADDRESS: the next boot is there.
move_board ()
{
  shut_board_down
  sed -i "s/^ListenAddress.*/ListenAddress $1/" "$board_dir/sshd_config"
  board_address=$1
  boot_new_system
}

for how in --ssh=libssh --ssh=openssh; do
  cp "$board_known_hosts" "$scratch/known-before"
  start_return --wait=600 $how --run 'echo "$SSH_CONNECTION"' "pi@$board_name"
  move_board 127.0.0.77
  finish_return
  expect_status 0
  expect_says "^back: $board_name \(now 127.0.0.77\) answers pi after"
  grep -q ' 127.0.0.77 ' "$scratch/stdout" || fail "that is another address"
  cmp "$board_known_hosts" "$scratch/known-before" || fail "known_hosts was changed"
  move_board 127.0.0.1
done

# Whoever has that address must show the right key.
start_return --wait=600 "pi@$board_name"
new_host_key
move_board 127.0.0.77
finish_return
expect_status 8
expect_says "shows another host key" "nobody was logged in"

# Nor is one with another MAC address looked at.
move_board 127.0.0.1
sed -i "s|^\[127.*|[127.0.0.1]:$board_port $(cut -d' ' -f1,2 "$new_key.pub")|" \
  "$board_known_hosts"
start_return --wait=4 "pi@$board_name"
ip neigh change 127.0.0.77 lladdr dc:a6:32:01:02:05 dev net0 nud permanent
move_board 127.0.0.77
finish_return
expect_status 8
expect_says "did not come back within"
