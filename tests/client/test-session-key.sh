#!/bin/sh
# SPDX-License-Identifier: MIT
# A file for --session-key that cannot be one is refused by name, before anybody logs in.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
expect_refused ()
{
  status=0
  "$client" -F "$board_ssh_config" status --session-key "$1" "root@$board_name" \
    >"$scratch/stdout" 2>"$scratch/said" </dev/null || status=$?
  expect_status 3
  expect_says "--session-key $1: $2"
}

expect_refused "$scratch/none" "No such file"
expect_refused "$scratch" "not a file"
echo "no key" >"$scratch/text"
chmod 600 "$scratch/text"
expect_refused "$scratch/text" "no private key"
ssh-keygen -q -t ed25519 -N '' -f "$scratch/key"
expect_refused "$scratch/key.pub" "others can read"
chmod 640 "$scratch/key"
expect_refused "$scratch/key" "others can read .* chmod 600"

# A right one that no lifeboat takes: the ordinary login answers.
chmod 600 "$scratch/key"
"$client" -F "$board_ssh_config" status --session-key "$scratch/key" \
  "root@$board_name" >"$scratch/said" 2>&1 || fail "a usable key was refused"
expect_says "no flash is under way"
