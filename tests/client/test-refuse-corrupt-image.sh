#!/bin/sh
# SPDX-License-Identifier: MIT
# An image with one flipped byte, in both modes.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
remember_target
make_image "$scratch/new.img" 8
xz -k -T2 --block-size=1MiB "$scratch/new.img"
gzip -k "$scratch/new.img"
for suffix in xz gz; do
  # In the middle of incompressible data: only a check sum can tell.
  printf 'flip' | dd of="$scratch/new.img.$suffix" bs=1 seek=700000 \
    conv=notrunc status=none
  for mode in --ramfs --stream; do
    flash_target $mode "root@$board_name" "$scratch/new.img.$suffix"
    expect_status 3
    expect_says "new.img.$suffix" "(byte|offset) [0-9]+" "Check" "nothing was written"
  done
done
expect_untouched
