#!/bin/sh
# SPDX-License-Identifier: MIT
# An image that was cut off, in both modes.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
remember_target
make_image "$scratch/new.img" 8
for suffix in xz gz; do
  case $suffix in
    xz) xz -k -T2 --block-size=1MiB "$scratch/new.img" ;;
    gz) gzip -k "$scratch/new.img" ;;
  esac
  truncate -s -5000 "$scratch/new.img.$suffix"
  for mode in --ramfs --stream; do
    flash_target $mode "root@$board_name" "$scratch/new.img.$suffix"
    expect_status 3
    expect_says "new.img.$suffix" "truncated|damaged|corrupt" "nothing was written"
  done
done
expect_untouched
