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
flash_target -p 1 "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "refused" "nothing was written"
for host in '-oProxyCommand=x' 'a b' "a'b" 'a;b' '' 'root@'; do
  flash --confirm x -- "$host" "$scratch/new.img"
  [ "$status" -eq 2 ] || [ "$status" -eq 3 ] || fail "'$host' gave $status"
done
