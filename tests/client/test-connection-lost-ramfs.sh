#!/bin/sh
# SPDX-License-Identifier: MIT
# The connection breaks behind the point of no return of ramfs mode: the client comes back to watch.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

board_disk_mb=256
start_board
fill_target
make_image "$scratch/new.img" 200
start_flash --ramfs "root@$board_name" "$scratch/new.img"
# The write is held where it begins: it may be short.
wait_until 120 board_run pkill -STOP -x -f 'flash-helper write'
wait_until 60 said '^writing the disk'
# nbdkit is not needed any more.
kill -9 "$(nbdkit_of_flash)"
break_connections
wait_until 60 said 'connection lost'
board_run pkill -CONT -x -f 'flash-helper write'
finish_flash
said "nbdkit" && fail "nbdkit's end was none of this flash's business"
# Either it was there to hear the end, or it says what it does not know.
case $status in
  0) expect_says "done: |flash is over" ;;
  4) expect_says "no longer there" "most likely finished" "verify" ;;
  *) expect_status 0 ;;
esac
await_clean
expect_flashed "$scratch/new.img"
expect_rest_untouched "$scratch/new.img"
