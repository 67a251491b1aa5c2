#!/bin/sh
# SPDX-License-Identifier: MIT
# The summary at the end, what --debug says, and what it never says.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

LC_ALL=C                        # the map has only ASCII then
export LC_ALL
start_board
make_image "$scratch/new.img" 24

flash_target --stream "root@$board_name" "$scratch/new.img"
expect_status 0
expect_says '^Times: .*copy [0-9.]+ s.*read-back [0-9.]+ s' \
  '^Sent: .* holes not sent: 12\.6 MB; reconnections: 0, restarts of the image server: 0' \
  '^Read back: 24 chunks, passes: 1, differing: 0, repaired: 0'
! said '^debug' || fail "it debugs without being asked"

flash_target --quiet --stream "root@$board_name" "$scratch/new.img"
expect_status 0
! said 'Times:|Sent:|writing' || fail "--quiet has a summary"

flash_target --debug --stream "root@$board_name" "$scratch/new.img"
expect_status 0
expect_says '^debug: ssh: run: .*flash-helper attach' '^debug: helper: FLR1 hello protocol' \
  '^debug: helper: FLR1 progress phase=copy .*source-wait=[0-9]+ disk-wait=[0-9]+' \
  '^debug: image server: .*format raw' '^debug: libssh: ' 'exit status 0' '^Times:'
if grep -aE 'BEGIN [A-Z ]*PRIVATE KEY|[A-Za-z0-9+/]{64,}' "$scratch/said" >&2; then
  fail "a key was said"
fi
# The map, once at the end where nothing is redrawn.
flash_target --map "root@$board_name" "$scratch/new.img"
expect_status 0
expect_says "^#{24}$" "^[.] data  - hole  o written  # verified  R repaired$"
[ "$(grep -c "^[-.o#R]*$" "$scratch/said")" -eq 1 ] || fail "there is not exactly one map"
expect_clean
