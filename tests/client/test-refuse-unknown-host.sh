#!/bin/sh
# SPDX-License-Identifier: MIT
# A host name that does not resolve, a port where nobody listens.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
make_image "$scratch/new.img" 8
flash --device "$board_target" --confirm no-such-host.invalid \
  root@no-such-host.invalid "$scratch/new.img"
expect_status 3
expect_says "no-such-host.invalid" "nothing was written"
# A name that leads nowhere and is almost a command: in a network without name service,
# so that nobody is asked for it.
expect_hint ()
{
  status=0
  unshare --net "$client" -F "$board_ssh_config" "$@" --dry-run statsu \
    "$scratch/new.img" >"$scratch/said" 2>&1 </dev/null || status=$?
  expect_status 3
  expect_says "did you mean the command status\?.* \[host-not-found\]"
}
expect_hint
expect_hint --ssh=openssh
flash_target -p 1 "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "refused" "nothing was written"
for host in '-oProxyCommand=x' 'a b' "a'b" 'a;b' '' 'root@'; do
  flash --confirm x -- "$host" "$scratch/new.img"
  [ "$status" -eq 2 ] || [ "$status" -eq 3 ] || fail "'$host' gave $status"
done
