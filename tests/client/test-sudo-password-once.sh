#!/bin/sh
# SPDX-License-Identifier: MIT
# The password for sudo is asked for once a board: of several before the plan, and not again when a connection is lost.
set -eu
# shellcheck source=tests/client/privilege-test.sh
. "$(dirname "$0")/privilege-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

requires expect -v
board_disk_mb=128
start_boards 2
for number in 1 2; do
  use_board $number
  give_password
  sudoers_of 'pi ALL=(ALL) ALL'
done
make_image "$scratch/new.img" 8
make_image "$scratch/large.img" 100

# shellcheck disable=SC2086 # one word a board
set -- $board_names
flash_on_terminal "$password $password" "$client" -F "$board_ssh_config" \
  --device /run/board-disk --confirm 2 --stream "pi@$1" "pi@$2" "$scratch/new.img"
expect_status 0
expect_says "2 of 2 boards are done"
for number in 1 2; do
  use_board $number
  expect_flashed "$scratch/new.img"
  expect_clean
done
expect_secret

echo "# a connection that is lost"
is_writing ()
{
  board_run /run/flash-live-remote/bin/flash-helper status \
    -r /run/flash-live-remote | grep -q 'phase=copy done=[1-9]'
}
fill_target
slow_image_server 40
: >"$scratch/said"
{
  flash_on_terminal "$password" "$client" -F "$board_ssh_config" \
    --device "$board_target" --confirm "$board_name" --stream \
    "pi@$board_name" "$scratch/large.img"
  echo "$status" >"$scratch/status"
} &
terminal=$!
cleanup_process $terminal
wait_until 120 is_writing
break_connections
wait $terminal
status=$(cat "$scratch/status")
expect_status 0
expect_says "connection lost" "connected to the board again" verified
expect_flashed "$scratch/large.img"
expect_rest_untouched "$scratch/large.img"
expect_secret
expect_clean
