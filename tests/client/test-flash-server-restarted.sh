#!/bin/sh
# SPDX-License-Identifier: MIT
# The image server dies in the middle of a flash: the person is told, and the flash goes on when it is back.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/image-servers.sh
. "$(dirname "$0")/image-servers.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

board_disk_mb=256
start_board
mkdir "$scratch/images"
make_image "$scratch/images/large.img" 200

# outage ARGUMENTS...: of a server that is started with these.
outage ()
{
  start_flash_from_server "$@"
  stop_nbd_server
  wait_until 120 said 'does not answer'
  normal_image_server
  start_nbd_server "$@"
  finish_flash
  expect_status 0
  expect_flashed "$scratch/images/large.img"
  expect_says "answers again"
  for words in 'does not answer' 'answers again'; do
    [ "$(grep -c "$words" "$scratch/said")" -eq 1 ] ||
      fail "said more than once: $words: $(cat "$scratch/said")"
  done
  expect_clean
}

outage "$flashimage" "dir=$scratch/images"
outage file "dir=$scratch/images"

# The relay dies, and the front; each is started again.
for child in relay nbd; do
  start_flash_from_server "$flashimage" "dir=$scratch/images"
  pkill -9 -P "$flash_pid" -f -- "-U [^ ]*/$child " || fail "there is no $child"
  finish_flash
  expect_status 0
  expect_flashed "$scratch/images/large.img"
  expect_says "nbdkit.* killed" "starting nbdkit again"
  expect_clean
done
