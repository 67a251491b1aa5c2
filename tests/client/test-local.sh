#!/bin/sh
# SPDX-License-Identifier: MIT
# --local, run as root on the board itself: both modes, byte-exact, what it refuses, and its other commands.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
own_name=$(hostname)
make_image "$scratch/new.img" 24
xz -k -T2 --block-size=2MiB "$scratch/new.img"
gzip -k "$scratch/new.img"

for mode in --ramfs --stream; do
  for image in new.img.xz new.img new.img.gz; do
    echo "$mode $image"
    fill_target
    image_before=$(stat -c '%s %Y %Z' "$scratch/$image")
    local_flash --device "$board_target" --confirm "$own_name" $mode "$scratch/$image"
    expect_status 0
    expect_flashed "$scratch/new.img"
    expect_rest_untouched "$scratch/new.img"
    expect_clean
    [ "$image_before" = "$(stat -c '%s %Y %Z' "$scratch/$image")" ] ||
      fail "the image was touched"
  done
done
! grep -q 'Accepted' "$board_dir/sshd.log" || fail "it has logged in by ssh"

remember_target
local_flash --device "$board_target" --confirm "$own_name" --stream --dry-run \
  "$scratch/new.img.xz"
expect_status 0
expect_says 'read from where it lies'
expect_untouched

# The name of this machine is what is confirmed.
local_flash --device "$board_target" --confirm another --ramfs "$scratch/new.img"
expect_status 3
expect_says 'not confirmed'
expect_untouched

# From another user, with a host, with ssh's options: refused.
status=0
setpriv --reuid 61001 --clear-groups "$client" --local --dry-run /etc/hostname \
  >/dev/null 2>"$scratch/said" </dev/null || status=$?
[ "$status" -ne 0 ] || fail "it runs without being root"
local_flash --dry-run somehost "$scratch/new.img"
expect_status 2
expect_says 'no HOST'
local_flash --dry-run -p 22 "$scratch/new.img"
expect_status 2
local_flash --ssh=openssh --dry-run "$scratch/new.img"
expect_status 2

# Its other commands.
local_flash --device "$board_target" verify "$scratch/new.img"
expect_status 0
local_flash status
expect_status 0
expect_untouched
