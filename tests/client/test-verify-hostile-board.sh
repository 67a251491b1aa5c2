#!/bin/sh
# SPDX-License-Identifier: MIT
# Whatever a board answers to a survey: the client ends by itself, and never says that it is equal.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
make_image "$scratch/new.img" 8
cp -R "$FLASH_LIVE_REMOTE_HELPER_DIR" "$scratch/deployed"
FLASH_LIVE_REMOTE_HELPER_DIR=$scratch/deployed

# board_says SHELL-TEXT STATUS REGEX...: instead of deploying anything.
board_says ()
{
  printf '# %s\n' "$1"
  printf '%s\n' "$1" >"$scratch/deployed/deploy.sh"
  wanted=$2
  shift 2
  flash verify --device "$board_target" "root@$board_name" "$scratch/new.img"
  expect_status "$wanted"
  expect_says "$@"
  [ "$(wc -c <"$scratch/said")" -lt 500000 ] || fail "it says too much"
}

mark='echo FLR1-SURVEY'
board_says "yes" 3 'without end'
board_says "yes >&2" 3 'complains without end'
board_says "$mark; yes" 3 'no valid answer'
board_says "$mark; tr '\\0' '\\1' </dev/zero" 3 'reason without end'
# Content for every question, before it is asked, and more.
board_says "$mark; cat /dev/zero" 6 'what was not asked' 'DIFFERS'
board_says "$mark; exit 0" 3 'before its time'
board_says "$mark; exit 10" 3 'already running'
board_says "printf 'motd FLR1-SURVE\\nmore FLR1-SURVEY\\n'; exit 7" 3 \
  '^board: motd FLR1-SURVE$' '^board: more ?$' 'exit status 7'
# Reasons for the table and for each of the 8 chunks, with a colour in them.
board_says "$mark; i=0; while [ \$i -lt 9 ]; do i=\$((i + 1))
  printf '\\1\\033[31mno\\n'; done; cat >/dev/null" 3 \
  ': \[31mno$' 'Compared 0 of 8 chunks .* 8 could not be read'
