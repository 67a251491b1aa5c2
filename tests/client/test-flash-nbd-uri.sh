#!/bin/sh
# SPDX-License-Identifier: MIT
# Images of an NBD server of ours, by TCP and by a unix socket, under any name, in both modes and by all commands.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/image-servers.sh
. "$(dirname "$0")/image-servers.sh"

start_board
TMPDIR=$(mktemp -d /tmp/flr-test-XXXXXX)
export TMPDIR
cleanup_fn "rm -rf $TMPDIR"
mkdir -p "$scratch/images/halos"
make_image "$scratch/raw.img" 16
xz -0 -T1 --block-size=2MiB <"$scratch/raw.img" >"$scratch/images/halos/marine.img.xz"
cp "$scratch/raw.img" "$scratch/images/a b'c\"d;\$(touch x)&e=f#g%h.img"
start_nbd_server "$flashimage" "dir=$scratch/images"
server=nbd://127.0.0.1:$port

for mode in --stream --ramfs; do
  fill_target
  flash_target $mode "root@$board_name" "$server/halos/marine.img.xz"
  expect_status 0
  expect_flashed "$scratch/raw.img"
  expect_rest_untouched "$scratch/raw.img"
  expect_says "marine.img.xz: xz" "from $server, NOT ENCRYPTED" "holds marine.img.xz"
  expect_clean
done

# Any name, any character of it.
fill_target
flash_target --stream "root@$board_name" \
  "$server/a%20b'c%22d%3B\$(touch%20x)%26e%3Df%23g%25h.img"
expect_status 0
expect_flashed "$scratch/raw.img"
[ ! -e x ] || fail "the name was run"

# One image on a unix socket, which has no name.
sockets=$scratch/a\&b\ c
mkdir "$sockets"
nbdkit -f -r -t 1 -U "$sockets/nbd" "$flashimage" "file=$scratch/images/halos/marine.img.xz" &
cleanup_process $!
wait_until 30 test -S "$sockets/nbd"
one="nbd+unix:///?socket=$scratch/a%26b%20c/nbd"
fill_target
flash_target --stream "root@$board_name" "$one"
expect_status 0
expect_flashed "$scratch/raw.img"

# The other commands.
flash verify --device "$board_target" "root@$board_name" "$server/halos/marine.img.xz"
expect_status 0
expect_says "all 16 chunks are equal"
remember_target
flash --device "$board_target" --dry-run "root@$board_name" "$one"
expect_status 0
flash_target --rehearse "root@$board_name" "$server/halos/marine.img.xz"
expect_status 0
expect_untouched

# What is not there.
flash_target "root@$board_name" "$server/halos/marin.img.xz"
expect_status 3
expect_says "has no image halos/marin.img.xz" "^  halos/marine.img.xz" "nothing was written"
flash_target "root@$board_name" "$server"
expect_status 3
expect_says "has 2 images, and none is named" "^  halos/marine.img.xz"
flash_target "root@$board_name" "nbd+unix:///x?socket=$scratch/none"
expect_status 3
expect_says "does not exist"
flash_target "root@$board_name" "nbds://127.0.0.1:$port/x?tls-certificates=$scratch"
expect_status 3
expect_says "ca-cert.pem"
expect_untouched
# Nothing of the image servers is left.
[ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls -A "$TMPDIR")"
