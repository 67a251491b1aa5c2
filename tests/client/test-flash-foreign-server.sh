#!/bin/sh
# SPDX-License-Identifier: MIT
# Images of servers that are not ours (qemu-nbd, nbdkit's file plugin): both modes work, what is lost is said.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/image-servers.sh
. "$(dirname "$0")/image-servers.sh"
requires qemu-nbd --version

start_board
TMPDIR=$(mktemp -d /tmp/flr-test-XXXXXX)
export TMPDIR
cleanup_fn "rm -rf $TMPDIR"
mkdir "$scratch/images" "$scratch/bad"
make_image "$scratch/raw.img" 16
xz -0 -T1 --block-size=2MiB <"$scratch/raw.img" >"$scratch/images/new.img.xz"
cp "$scratch/raw.img" "$scratch/images/new.img"

# flashes URI: in both modes.
flashes ()
{
  for mode in --stream --ramfs; do
    fill_target
    flash_target $mode "root@$board_name" "$1"
    expect_status 0
    expect_flashed "$scratch/raw.img"
    expect_rest_untouched "$scratch/raw.img"
    expect_says "note: .*digest"
    expect_clean
  done
}

start_nbd_server file "dir=$scratch/images"
file_server=nbd://127.0.0.1:$port
flashes "$file_server/new.img"
flashes "$file_server/new.img.xz"
flash verify --device "$board_target" "root@$board_name" "$file_server/new.img.xz"
expect_status 0

free_port
qemu-nbd -r -t -e 8 -f raw -b 127.0.0.1 -p "$port" -x disk "$scratch/raw.img" \
  >"$scratch/server.log" 2>&1 &
cleanup_process $!
await_server $!
flashes "nbd://127.0.0.1:$port/disk"
remember_target
flash_target "root@$board_name" "nbd://127.0.0.1:$port"
expect_status 3
expect_says "^  disk$" "nothing was written"

# What is damaged, empty or no image is refused as a file would be.
head -c 100000 "$scratch/images/new.img.xz" >"$scratch/bad/short.img.xz"
: >"$scratch/bad/empty.img"
echo "<html>not found</html>" >"$scratch/bad/page.img"
start_nbd_server file "dir=$scratch/bad"
flash_target "root@$board_name" "nbd://127.0.0.1:$port/short.img.xz"
expect_status 3
expect_says "short.img.xz" "damaged|truncated|ends" "nothing was written"
flash_target "root@$board_name" "nbd://127.0.0.1:$port/empty.img"
expect_status 3
expect_says "empty" "nothing was written"
flash_target "root@$board_name" "nbd://127.0.0.1:$port/page.img"
expect_status 3
expect_says "not a disk image" "nothing was written"
expect_untouched

# An interrupt while the image is read leaves nothing behind.
start_nbd_server --filter=rate file "dir=$scratch/images" rate=4M
start_flash --stream "root@$board_name" "nbd://127.0.0.1:$port/new.img"
wait_until 60 said 'checking image +[0-9]'
kill -INT "$flash_pid"
finish_flash
expect_status 3
expect_says "interrupted"
expect_untouched
[ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls -A "$TMPDIR")"
