#!/bin/sh
# SPDX-License-Identifier: MIT
# The image is replaced on its server in the middle of a flash: nothing of the other one is written, and the right one finishes the flash.
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

# replaced_under ARGUMENTS...: a server that is started with these.
replaced_under ()
{
  make_image "$scratch/right.img" 200
  make_image "$scratch/other.img" 200
  cp "$scratch/right.img" "$scratch/images/large.img"
  start_flash_from_server "$@"
  stop_nbd_server
  mv "$scratch/other.img" "$scratch/images/large.img"
  normal_image_server
  start_nbd_server "$@"
  finish_flash
  expect_status 5
  expect_says "^nbd://127.0.0.1:$port/large.img: .*not the image any more"

  # The right one finishes it, from wherever it comes.
  flash_target --stream "root@$board_name" "$scratch/right.img"
  expect_status 0
  expect_says "goes? on"
  expect_flashed "$scratch/right.img"
  expect_clean
}

replaced_under "$flashimage" "dir=$scratch/images"
replaced_under file "dir=$scratch/images"
