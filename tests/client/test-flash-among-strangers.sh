#!/bin/sh
# SPDX-License-Identifier: MIT
# 200 clients of the image server that stall, talk garbage or go, over and over: a
# flash from it goes on, and is right.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/image-servers.sh
. "$(dirname "$0")/image-servers.sh"

start_board
make -s -C "$top_builddir/tests/server" crowd >"$scratch/make" 2>&1 ||
  fail "the crowd is not built: $(cat "$scratch/make")"
mkdir "$scratch/images"
make_image "$scratch/new.img" 48
xz -T2 --block-size=1MiB -0 -c "$scratch/new.img" >"$scratch/images/new.img.xz"
start_nbd_server "$flashimage" "dir=$scratch/images" cache=64M
uri=nbd://127.0.0.1:$port/new.img.xz

seed=${CROWD_SEED:-4711}
echo "CROWD_SEED=$seed"
"$top_builddir/tests/server/crowd" "$port" "$uri" 200 100 "$seed" \
  >"$scratch/crowd" 2>&1 &
crowd=$!
cleanup_process $crowd
wait_until 60 grep -q ready "$scratch/crowd"

for mode in stream ramfs; do
  fill_target
  flash_target "--$mode" "root@$board_name" "$uri"
  expect_status 0
  expect_flashed "$scratch/new.img"
  kill -0 "$crowd" 2>/dev/null ||
    fail "the crowd was gone before the flash: $(cat "$scratch/crowd")"
done
kill -9 "$crowd"
kill -0 "$server_pid" || fail "the server is gone"
expect_clean
