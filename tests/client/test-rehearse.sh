#!/bin/sh
# SPDX-License-Identifier: MIT
# --rehearse proves everything, writes nothing and leaves nothing, in both modes.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
fill_target
remember_target
make_image "$scratch/new.img" 8
for mode in --ramfs --stream; do
  flash_target --rehearse $mode "root@$board_name" "$scratch/new.img"
  expect_status 0
  expect_says "rehearsed: .* nothing was written" "this is a rehearsal"
  said "WILL BE LOST" && fail "the plan of a rehearsal threatens"
  expect_untouched
done
