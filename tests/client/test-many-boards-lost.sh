#!/bin/sh
# SPDX-License-Identifier: MIT
# A connection that is lost while several boards wait for their confirmation: the board is looked at anew, as whoever logs in there, or is told as one that nothing was written to.
set -eu
# shellcheck source=tests/client/privilege-test.sh
. "$(dirname "$0")/privilege-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

requires expect -v
start_boards 2
make_image "$scratch/new.img" 8
set -- $board_names
use_board 2
remember_target
use_board 1
remember_target
give_password

# confirm_after TROUBLE ANSWER: the first board has TROUBLE while the question for the
# number of boards is open (which may be the end of it), and then that gets ANSWER.
confirm_after ()
{
  printf '%s\n' "$1" >"$scratch/trouble"
  cat >"$scratch/dialogue" <<END
set timeout 120
log_file -noappend -a $scratch/said
eval spawn -noecho \$argv
expect {
  "Password for sudo of" { send "$password\r"; exp_continue }
  "to go on: " {}
  timeout { exit 90 }
}
catch { exec nsenter -t $board_pid -m -p -- sh $scratch/trouble }
expect "was lost before the flash has begun" {} timeout { exit 91 }
send "$2\r"
expect eof {} timeout { exit 92 }
exit [lindex [wait] 3]
END
  : >"$scratch/said"
  status=0
  expect -f "$scratch/dialogue" -- "$client" --verbose -F "$board_ssh_config" \
    --device /run/board-disk "pi@$first" "root@$second" "$scratch/new.img" \
    >/dev/null 2>&1 || status=$?
}
first=$1 second=$2
# shellcheck disable=SC2016 # the board's shell expands it
connections='for p in /proc/[0-9]*; do
  [ "$(cat "$p/comm" 2>/dev/null)" = sshd ] || continue
  [ "${p#/proc/}" = "$(cat /run/board-sshd)" ] || kill -KILL "${p#/proc/}"
done'

echo "# a board whose sudo wants no password for what is run"
sudoers_of 'pi ALL=(ALL) ALL' 'pi ALL=(ALL) NOPASSWD: /bin/sh, /usr/bin/sh, /run/flash-live-remote/bin/flash-helper'
confirm_after "$connections" 2
expect_status 0
expect_says "2 of 2 boards are done"
expect_secret
for number in 1 2; do
  use_board $number
  expect_flashed "$scratch/new.img"
  expect_clean
done

echo "# a board that cannot be reached any more"
use_board 1
remember_target
# shellcheck disable=SC2016
confirm_after 'kill -KILL "$(cat /run/board-sshd)"
'"$connections" 2
expect_status 7
expect_says "1 of 2 boards" "^  $first +nothing written" "^  $second +done"
[ "$(sha256sum <"$board_target_file")" = "$target_before" ] ||
  fail "something was written to $first"
