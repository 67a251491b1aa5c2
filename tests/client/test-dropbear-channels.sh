#!/bin/sh
# SPDX-License-Identifier: MIT
# dropbear closes the channel of a command that it has not yet been told when another
# command ends at that moment: the command is run all the same, once.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/dropbear-board.sh
. "$(dirname "$0")/dropbear-board.sh"

start_board
prepare_dropbear
run_dropbear

# A channel of 2022.83 is closed in this way; of a version that does not, the test
# holds as well.
./run-beside 'echo begun; sleep 1' "echo run >>'$scratch/runs'; echo done; exit 5" \
  -F "$board_ssh_config" "root@$board_name" no-image >"$scratch/stdout" \
  2>"$scratch/said" </dev/null || status=$?
expect_status 5
[ "$(cat "$scratch/stdout")" = "done" ] || fail "the command said: $(cat "$scratch/stdout")"
[ "$(cat "$scratch/runs")" = run ] || fail "the command ran: $(cat "$scratch/runs")"
