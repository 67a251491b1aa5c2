#!/bin/sh
# SPDX-License-Identifier: MIT
# A board without busybox is sent one: the installation's, or the person's.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/helper-folder.sh
. "$(dirname "$0")/helper-folder.sh"

static_busybox=busybox-$(uname -m)
need_built "$static_busybox"
static_busybox=$top_builddir/helper/deployed/$static_busybox
board_without=busybox
start_board
make_image "$scratch/new.img" 8

for mode in --ramfs --stream; do
  fill_target
  flash_target $mode "root@$board_name" "$scratch/new.img"
  expect_status 0
  expect_flashed "$scratch/new.img"
  expect_clean
done

echo "# a survey needs none"
make_helper_folder
add_helper "$(uname -m)"
flash verify --device "$board_target" "root@$board_name" "$scratch/new.img"
expect_status 0
expect_clean

echo "# --busybox, where the installation has none"
fill_target
cp "$static_busybox" "$scratch/mine"
flash_target --busybox "$scratch/mine" "root@$board_name" "$scratch/new.img"
expect_status 0
expect_flashed "$scratch/new.img"
expect_clean

echo "# --busybox that does not run, lacks applets, or is not there"
remember_target
printf '\177ELF of no machine\n' >"$scratch/mine"
flash_target --busybox "$scratch/mine" "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "the busybox that was sent does not run" "nothing was written"
expect_untouched
echo 'int main (void) { return 0; }' | gcc -static -x c -o "$scratch/mine" -
flash_target --busybox "$scratch/mine" "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "the busybox that was sent lacks cat" "nothing was written"
expect_untouched
flash_target --busybox "$scratch/absent" "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "absent: No such file" "nothing was written"
expect_untouched
