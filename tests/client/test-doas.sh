#!/bin/sh
# SPDX-License-Identifier: MIT
# A board with doas instead of sudo: used where it asks no password, else the line that is needed is named.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

requires command -v doas
board_without=sudo
start_board
make_image "$scratch/new.img" 8
fill_target
remember_target

# doas wants a file of root's that nobody else can write.
allow ()
{
  printf '%s\n' "$@" >"$board_dir/etc/doas.conf"
  chown root:root "$board_dir/etc/doas.conf"
  chmod 400 "$board_dir/etc/doas.conf"
}

for rule in 'permit nosudo as root' 'permit persist pi as root'; do
  allow "$rule"
  flash_target "pi@$board_name" "$scratch/new.img"
  expect_status 3
  expect_says "pi may not use doas without a password" \
    "permit nopass pi as root" "nothing was written"
  expect_untouched
done

allow 'permit nopass pi as root'
for mode in stream ramfs; do
  fill_target
  flash_target "--$mode" "pi@$board_name" "$scratch/new.img"
  expect_status 0
  expect_flashed "$scratch/new.img"
  expect_rest_untouched "$scratch/new.img"
  expect_clean
done
