#!/bin/sh
# SPDX-License-Identifier: MIT
# On a terminal the number of boards is typed, a line a board is redrawn, and passwords are asked for in turn.
set -eu
# shellcheck source=tests/client/fleet-test.sh
. "$(dirname "$0")/fleet-test.sh"

requires expect -v
start_boards 3
make_image "$scratch/new.img" 8
set -- $board_names
for_boards fill_target
use_board 1
remember_target

# fleet_on_terminal EXPECT-LINES HOST...
fleet_on_terminal ()
{
  cat >"$scratch/dialogue" <<END
set timeout 60
set stty_init "rows 24 columns 60"
log_file -a $scratch/said
eval spawn -noecho \$argv
$1
expect eof
exit [lindex [wait] 3]
END
  shift
  : >"$scratch/said"
  status=0
  # shellcheck disable=SC2046
  expect -f "$scratch/dialogue" -- "$client" -F "$board_ssh_config" \
    --device /run/board-disk "$@" "$scratch/new.img" >/dev/null 2>&1 || status=$?
}

# shellcheck disable=SC2046
for typed in '4\r' '\r' '33\r' 'yes\r' "$1"'\r' '\004' '\003'; do
  fleet_on_terminal 'expect "number of boards (3)" { send "'"$typed"'" }' $(as_root "$@")
  expect_status 3
  expect_says "not confirmed|interrupted" "0 of 3 boards"
  use_board 1
  expect_untouched
done

# What remains is what is asked for.
# shellcheck disable=SC2046
fleet_on_terminal 'expect "number of boards (2)" { send "2\r" }' \
  "nokey@$1" $(as_root "$2" "$3")
expect_status 7
expect_untouched
use_board 2
expect_flashed "$scratch/new.img"
use_board 3
expect_flashed "$scratch/new.img"
# The lines are redrawn in place, over each other, and none is too long: without what
# colours them, in characters.  Errors are no lines of a board: they stay.
esc=$(printf '\033')
grep -q "$esc\[[0-9]*A" "$scratch/said" || fail "no lines were redrawn"
tr '\r' '\n' <"$scratch/said" | grep -F "$esc"'[K' | grep -v ': error: ' |
  sed "s/$esc\[[0-9;]*[A-Za-z]//g" | LC_ALL=C tr -d '\200-\277' >"$scratch/drawn"
LC_ALL=C grep -aq '^board-[0-9]*-2 .*]' "$scratch/drawn" || fail "no bar was drawn"
LC_ALL=C awk 'length > 59 { exit 1 }' "$scratch/drawn" ||
  fail "a line is wider than the terminal: $(cat "$scratch/drawn")"
expect_no_remains

# A key with a passphrase: each board asks, by its name; one who is not answered is
# left out.
ssh-keygen -q -t ed25519 -N secret -f "$scratch/locked"
for number in 1 2 3; do
  use_board "$number"
  cp "$scratch/locked.pub" "$board_dir/keys/pi"
done
fleet_on_terminal '
for {set i 0} {$i < 3} {incr i} {
  expect {
    -re "'"$1"': Passphrase.*locked: " { send "wrong\r" }
    -re "'"$2"': Passphrase.*locked: " { send "secret\r" }
    -re "'"$3"': Passphrase.*locked: " { send "secret\r" }
  }
}
expect "number of boards (2)" { send "2\r" }' \
  -i "$scratch/locked" -o IdentitiesOnly=yes "pi@$1" "pi@$2" "pi@$3"
expect_status 7
expect_says "$1: warning: the key .* cannot be used" "^  $2 +done" "^  $3 +done"
grep -q secret "$scratch/said" && fail "the passphrase was shown"
use_board 1
expect_untouched
