#!/bin/sh
# SPDX-License-Identifier: MIT
# A second flash while one is running; the first one ends well.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
make_image "$scratch/new.img" 40
start_flash --stream "root@$board_name" "$scratch/new.img"
wait_until 30 nbdkit_of_flash
wait_until 60 said 'rehears|tunnel'
kill -STOP "$(nbdkit_of_flash)"
mv "$scratch/said" "$scratch/said.first"
flash_target "root@$board_name" "$scratch/new.img"
expect_status 3
expect_says "already under way|another (flash|session)"
cp "$scratch/said.first" "$scratch/said"
kill -CONT "$(nbdkit_of_flash)"
finish_flash
expect_status 0
expect_flashed "$scratch/new.img"
expect_clean
