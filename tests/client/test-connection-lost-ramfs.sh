#!/bin/sh
# SPDX-License-Identifier: MIT
# The connection breaks behind the point of no return of ramfs mode: the board finishes alone.
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
wait_until 60 said '^writing  [1-9]'
# nbdkit is not needed any more.
kill -9 "$(nbdkit_of_flash)"
signal_board STOP flash-helper
break_connections
finish_flash
signal_board CONT flash-helper
[ "$status" -ne 0 ] || skip "the write was over before the connection broke"
expect_status 4
expect_says "connection .* lost" "finishes by itself"
said "nbdkit" && fail "nbdkit's end was none of this flash's business"
await_clean
expect_flashed "$scratch/new.img"
expect_rest_untouched "$scratch/new.img"
