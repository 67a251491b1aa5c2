#!/bin/sh
# SPDX-License-Identifier: MIT
# Three boards at once, in both modes: byte-exact, and no board is refused or left out unseen.
set -eu
# shellcheck source=tests/client/fleet-test.sh
. "$(dirname "$0")/fleet-test.sh"

start_boards 3
make_image "$scratch/new.img" 16
xz -k --block-size=2MiB "$scratch/new.img"
set -- $board_names

for mode in --ramfs --stream; do
  for_boards fill_target
  # shellcheck disable=SC2046
  flash_fleet $mode --confirm 3 $(as_root "$@") "$scratch/new.img.xz"
  expect_status 0
  expect_says "plan for 3 of 3 boards" "WILL BE LOST" "3 of 3 boards are done" \
    "^  $1 +done" "^  $2 +done" "^  $3 +done" "^$1: .*verified"
  for_boards expect_flashed "$scratch/new.img"
  for_boards expect_rest_untouched "$scratch/new.img"
  for_boards expect_clean
  expect_no_remains
done
[ "$(grep -c 'checking image\|Checking the image' "$scratch/said")" -le 2 ] ||
  fail "the image was checked more than once"

# One at a time: never do two members talk to the boards' disks.
for_boards fill_target
# shellcheck disable=SC2046
flash_fleet --jobs 1 --confirm 3 $(as_root "$@") "$scratch/new.img.xz"
expect_status 0
grep -E ': (Deploying|Done)' "$scratch/said" | sed 's/.*: \(D[a-z]*\).*/\1/' |
  tr '\n' ' ' >"$scratch/order"
[ "$(cat "$scratch/order")" = "Deploying Done Deploying Done Deploying Done " ] ||
  fail "with --jobs 1 the order is: $(cat "$scratch/order")"
for_boards expect_flashed "$scratch/new.img"
for_boards expect_clean

# A look, and a rehearsal.
for_boards fill_target
use_board 2
remember_target
for how in --dry-run "--rehearse --confirm 3"; do
  # shellcheck disable=SC2046,SC2086
  flash_fleet $how $(as_root "$@") "$scratch/new.img"
  expect_status 0
  expect_says "3 of 3 boards are ready" "nothing: it is as it was"
  use_board 2
  expect_untouched
done
