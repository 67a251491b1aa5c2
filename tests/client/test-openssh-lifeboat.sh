#!/bin/sh
# SPDX-License-Identifier: MIT
# --ssh=openssh: a stream is cut in the middle and goes on through the lifeboat, by the same client, then by another one.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

requires ssh -V
unset XDG_STATE_HOME
board_disk_mb=256
start_board
make_image "$scratch/new.img" 200
fill_target
slow_image_server 100

# The ordinary login is a way to root, too: only the flash's own key may count as the
# lifeboat's.
start_flash --ssh=openssh --lifeboat-port 0 --stream "root@$board_name" \
  "$scratch/new.img"
wait_until 120 said 'leads into its memory'
wait_until 120 said '^writing  [1-9]'
break_connections
wait_until 60 said 'connected to the board again'
mv "$board_dir/keys/root" "$board_dir/keys/away"
kill -9 "$flash_pid"
wait "$flash_pid" 2>/dev/null || true
normal_image_server
flash_target --ssh=openssh --lifeboat-port 0 --stream "root@$board_name" \
  "$scratch/new.img"
expect_status 0
expect_says "earlier flash" "goes on where it is" "verified"
expect_flashed "$scratch/new.img"
expect_rest_untouched "$scratch/new.img"
mv "$board_dir/keys/away" "$board_dir/keys/root"
expect_clean
# An ssh that outlived the client that was killed would hold on to the board.
[ -z "$(pgrep -f "ssh -MNTv.*$board_name" || :)" ] || fail "an ssh is left"

# The lifeboat must show the very host key that the board has shown before; what the
# person's known_hosts says does not count.
flash_target --ssh=openssh -o UserKnownHostsFile=/dev/null \
  -o StrictHostKeyChecking=no --lifeboat-port 0 --ramfs "root@$board_name" \
  "$scratch/new.img"
expect_status 0
expect_says 'leads into its memory'
expect_flashed "$scratch/new.img"
expect_clean
