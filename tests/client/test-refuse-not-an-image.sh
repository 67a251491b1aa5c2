#!/bin/sh
# SPDX-License-Identifier: MIT
# Archives, web pages and text are no disk images; a disk without a table is only warned of.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
remember_target
head -c 1000000 /dev/urandom >"$scratch/noise"
{ printf 'PK\003\004'; cat "$scratch/noise"; } >"$scratch/archive.img"
echo '<!DOCTYPE html><html>404</html>' >"$scratch/page.img"
yes 'some text' | head -c 100001 >"$scratch/text.img"
tar -cf "$scratch/tar.img" -C "$scratch" noise
gzip -c "$scratch/archive.img" >"$scratch/inside.img.gz"
for image in archive.img page.img text.img tar.img inside.img.gz; do
  flash_target "root@$board_name" "$scratch/$image"
  expect_status 3
  expect_says "$image" "not a disk image|is a|is an|zip archive" "nothing was written"
done
expect_untouched

head -c 1048576 "$scratch/noise" >"$scratch/plain.img"
truncate -s 1048576 "$scratch/plain.img"
flash --device "$board_target" --dry-run "root@$board_name" "$scratch/plain.img"
expect_status 0
expect_says "no partition table"
