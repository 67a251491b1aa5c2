#!/bin/sh
# SPDX-License-Identifier: MIT
# A flash that has written nothing is found through its lifeboat; when that is lost, the ordinary login of a user whose sudo wants a password goes on with it.
set -eu
# shellcheck source=tests/client/privilege-test.sh
. "$(dirname "$0")/privilege-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

requires expect -v
unset XDG_STATE_HOME
start_board
give_password
sudoers_of 'pi ALL=(ALL) ALL'
make_image "$scratch/new.img" 40
fill_target

# helper COMMAND...: on the board.
helper ()
{
  command=$1
  shift
  board_run /run/flash-live-remote/bin/flash-helper "$command" \
    -r /run/flash-live-remote "$@"
}

status_says ()
{
  helper status | grep -q "$1"
}

# flash_in_background: on a terminal; the client's words go to $scratch/said.
flash_in_background ()
{
  : >"$scratch/said"
  rm -f "$scratch/status"
  {
    flash_on_terminal "$password" "$client" -F "$board_ssh_config" \
      --device "$board_target" --confirm "$board_name" --lifeboat-port 0 --ramfs \
      "pi@$board_name" "$scratch/new.img"
    echo "$status" >"$scratch/status"
  } &
  terminal=$!
  cleanup_process $terminal
}

slow_image_server 4
flash_in_background
wait_until 120 status_says 'attached=yes.*phase=stage'
kill -9 "$(pgrep -f "^$client .*$scratch/new.img")"
wait $terminal || :
wait_until 60 status_says 'attached=no'

# As if that client had been at the proof of the lifeboat.
session=$(helper status | grep -o ' session=[0-9a-f]*' | cut -d= -f2)
helper lifeboat-open "$session"
flash_in_background
wait_until 120 status_says 'attached=yes'
ssh -F "$board_ssh_config" \
  -i "$HOME/.local/state/flash-live-remote/sessions/$session/key" "root@$board_name" \
  /run/flash-live-remote/bin/flash-helper lifeboat-close -r /run/flash-live-remote \
  "$session"
normal_image_server
break_connections
wait $terminal
status=$(cat "$scratch/status")
expect_status 0
expect_says "leads into its memory" "connection lost" "connected to the board again" \
  verified
expect_flashed "$scratch/new.img"
expect_rest_untouched "$scratch/new.img"
expect_secret
expect_clean
