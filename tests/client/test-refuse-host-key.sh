#!/bin/sh
# SPDX-License-Identifier: MIT
# A host key that is not known, and one that has changed.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
remember_target
make_image "$scratch/new.img" 8
: >"$scratch/none"
flash_target -o UserKnownHostsFile="$scratch/none" "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "SHA256:" "is not in" "nothing was written"
[ ! -s "$scratch/none" ] || fail "the key was accepted without being asked for"

ssh-keygen -q -t ed25519 -N '' -f "$scratch/other"
sed "s|ssh-ed25519 .*|$(cut -d' ' -f1,2 "$scratch/other.pub")|" \
  "$board_known_hosts" >"$scratch/changed"
flash_target -o UserKnownHostsFile="$scratch/changed" "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "changed|does not match|differ" "SHA256:" "nothing was written"
# Switching the check off is for unknown keys, never for changed ones.
flash_target -o UserKnownHostsFile="$scratch/changed" -o StrictHostKeyChecking=accept-new \
  "root@$board_name" "$scratch/new.img"
expect_status 3
expect_untouched
