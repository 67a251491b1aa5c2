#!/bin/sh
# SPDX-License-Identifier: MIT
# Each mode with each format, as root and with sudo: byte-exact, and nothing stays behind.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
make_image "$scratch/new.img" 24
xz -k -T2 --block-size=2MiB "$scratch/new.img"
gzip -k "$scratch/new.img"

for user in root pi; do
  for mode in --ramfs --stream; do
    for image in new.img new.img.xz new.img.gz; do
      echo "$user $mode $image"
      fill_target
      flash_target $mode "$user@$board_name" "$scratch/$image"
      expect_status 0
      expect_flashed "$scratch/new.img"
      expect_rest_untouched "$scratch/new.img"
      expect_clean
    done
  done
done
