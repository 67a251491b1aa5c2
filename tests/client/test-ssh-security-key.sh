#!/bin/sh
# SPDX-License-Identifier: MIT
# A FIDO key through the agent; without an agent it is named, with a way out.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

requires python3 -c 'import hashlib'
requires openssl version
start_board
make_image "$scratch/new.img" 8

python3 "$(dirname "$0")/security-key-agent.py" "$scratch/agent" "$scratch/device" \
  "$scratch/device.pub" &
cleanup_process $!
: >"$scratch/said"
wait_until 60 test -e "$scratch/agent"
cp "$scratch/device.pub" "$board_dir/keys/root"

dry_run ()
{
  flash -o IdentityFile=none --dry-run --device "$board_target" "$@" \
    "root@$board_name" "$scratch/new.img"
}

signed=0
for transport in libssh openssh; do
  dry_run --ssh=$transport -o IdentityAgent="$scratch/agent"
  expect_status 0
  [ "$(cat "$scratch/device.pub.signatures")" -gt "$signed" ] ||
    fail "$transport did not ask the agent for a signature"
  signed=$(cat "$scratch/device.pub.signatures")
done

# The file that ssh-keygen leaves is a mere handle; its public half tells the kind.
echo 'no private key' >"$scratch/id_sk"
chmod 600 "$scratch/id_sk"
cp "$scratch/device.pub" "$scratch/id_sk.pub"
dry_run -i "$scratch/id_sk"
expect_status 3
expect_says 'id_sk is on a security key' 'ssh-add' '--ssh=openssh' \
  'nothing was written'
