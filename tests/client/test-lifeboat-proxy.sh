#!/bin/sh
# SPDX-License-Identifier: MIT
# The lifeboat is reached as the board is: through the same ProxyCommand.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

requires socat -V
start_board
make_image "$scratch/new.img" 24
cat >"$scratch/proxy" <<END
#!/bin/sh
echo login >>'$scratch/logins'
exec socat - TCP:127.0.0.1:$board_port
END
chmod 755 "$scratch/proxy"
for transport in libssh openssh; do
  : >"$scratch/logins"
  fill_target
  flash_target --ssh=$transport -o "ProxyCommand=$scratch/proxy" --lifeboat-port 0 \
    --stream "root@$board_name" "$scratch/new.img"
  expect_status 0
  expect_says 'leads into its memory'
  expect_flashed "$scratch/new.img"
  expect_clean
  [ "$(wc -l <"$scratch/logins")" -ge 2 ] || fail "the lifeboat was not reached by it"
done
