#!/bin/sh
# SPDX-License-Identifier: MIT
# Boards that are refused, and one under two names: they are named in the plan, and the others are flashed.
set -eu
# shellcheck source=tests/client/fleet-test.sh
. "$(dirname "$0")/fleet-test.sh"
# shellcheck source=tests/client/json-test.sh
. "$(dirname "$0")/json-test.sh"

start_boards 2
make_image "$scratch/new.img" 8
set -- $board_names
cat >>"$board_ssh_config" <<END
Host twin
  HostName 127.0.0.1
  Port $board_port
  IdentityFile $scratch/home/.ssh/id_ed25519
  UserKnownHostsFile $board_known_hosts
  StrictHostKeyChecking yes
Host gone
  HostName 127.0.0.1
  Port 1
END

# What is wrong with the command line takes no time.
flash_fleet --confirm 2 "root@$1" "pi@$1" "$scratch/new.img"
expect_status 2
expect_says "$1 is named twice"
flash_fleet --confirm "$1" "root@$1" "root@$2" "$scratch/new.img"
expect_status 2
expect_says "their number, which is 2"
flash_fleet --confirm 2 "root@$1" "$scratch/new.img" "$scratch/new.img"
expect_status 2
flash_fleet "root@$1" "root@$2" "$scratch/new.img"
expect_status 3
expect_says "no terminal" "--confirm 2" "nothing was written to any"

# The login, the board under its second name, an address where nobody is.
for_boards fill_target
flash_fleet --confirm 4 "nokey@$1" "root@$2" root@twin root@gone "$scratch/new.img"
expect_status 7
expect_says "plan for 1 of 4 boards" "^  $1 .*REFUSED: .*refuses the login" \
  "^  twin .*REFUSED: .*same board as $2" "^  gone .*REFUSED: .*refused" \
  "OF THE OTHER BOARD WILL" "1 of 4 boards are done" "^  $2 +done" \
  "^Not done: nokey@$1 root@twin root@gone"
use_board 2
expect_flashed "$scratch/new.img"
expect_clean
use_board 1
remember_target
expect_untouched

# An image that one disk of the two is too small for.
board_disk_mb=4
for_boards fill_target
truncate -s 4M "$board_1_target_file"
losetup -c "$board_1_target"
flash_fleet --confirm 2 "root@$1" "root@$2" "$scratch/new.img"
expect_status 7
expect_says "^$1: error: the image is too large.* \[disk-too-small\]\$" \
  "^  $1: the image is too large.* \[disk-too-small\]\$"
use_board 2
expect_flashed "$scratch/new.img"

# Nobody is left: nothing was written to any.
flash_fleet --confirm 2 "root@$1" root@gone "$scratch/new.img"
expect_status 3
flash_fleet --confirm 2 "root@$1" "root@$2" "$scratch/not-there.img"
expect_status 3
expect_says "nothing was written to any"
expect_no_remains

# The same as records.
requires jq --version
requires python3 --version
flash_json --device /run/board-disk --confirm 3 "root@$1" "root@$2" root@gone \
  "$scratch/new.img"
expect_status 7
expect_record ".type == \"plan\" and .board == \"$2\"" \
  ".type == \"message\" and .board == \"gone\" and .level == \"error\"
    and .code == \"host-unreachable\"" \
  ".type == \"result\" and .board == \"$1\" and .status == \"not_written\"
    and .written == \"no\" and .code == \"disk-too-small\"" \
  ".type == \"result\" and .board == \"$2\" and .status == \"done\" and .written == \"yes\"
    and .bytes == 8388608" \
  '.type == "confirmation" and .needed == "3" and .given' \
  '.type == "summary" and .boards == 3 and .boards_done == 1 and .boards_not_written == 2' \
  '.type == "result" and .board == null and .status == "some_done" and .exit_status == 7'
[ "$(jq -r 'select(.type == "image") | .name' <"$scratch/records")" = new.img ] ||
  fail "the image is not one record"
