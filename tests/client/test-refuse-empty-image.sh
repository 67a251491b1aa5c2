#!/bin/sh
# SPDX-License-Identifier: MIT
# An image of no bytes, and one that decompresses to none.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
remember_target
: >"$scratch/empty.img"
gzip -c "$scratch/empty.img" >"$scratch/empty.img.gz"
xz -c "$scratch/empty.img" >"$scratch/empty.img.xz"
for image in empty.img empty.img.gz empty.img.xz; do
  flash_target "root@$board_name" "$scratch/$image"
  expect_status 3
  expect_says "$image" "empty" "nothing was written"
done
expect_untouched
