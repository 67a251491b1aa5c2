#!/bin/sh
# SPDX-License-Identifier: MIT
# --wait: a board that takes longer for its first words than an address where nobody is
# may cost (it starts, or is behind a jump host) has come back all the same.
set -eu
# shellcheck source=tests/client/return-test.sh
. "$(dirname "$0")/return-test.sh"

requires socat -V
start_board
cat >"$scratch/proxy" <<END
#!/bin/sh
sleep 7
exec socat - TCP:127.0.0.1:$board_port
END
chmod +x "$scratch/proxy"

for how in --ssh=libssh --ssh=openssh; do
  start_return $how --wait=60 -o "ProxyCommand=$scratch/proxy" "root@$board_name"
  shut_board_down
  boot_new_system
  finish_return
  expect_status 0
  expect_says "^back: $board_name answers root after"
done
