#!/bin/sh
# SPDX-License-Identifier: MIT
# sudo that wants a password: asked for once, up to three times, never seen again; without a terminal refused, and how to allow it is said.
set -eu
# shellcheck source=tests/client/privilege-test.sh
. "$(dirname "$0")/privilege-test.sh"

requires expect -v
start_board
give_password
make_image "$scratch/new.img" 8
fill_target
remember_target

# pi_flash ANSWERS ARGUMENTS...
pi_flash ()
{
  answers=$1
  shift
  flash_on_terminal "$answers" "$client" -F "$board_ssh_config" \
    --device "$board_target" "$@"
}

echo "# without a terminal"
sudoers_of 'pi ALL=(ALL) ALL'
status=0
setsid -w "$client" -F "$board_ssh_config" --device "$board_target" \
  --confirm "$board_name" "pi@$board_name" "$scratch/new.img" \
  >"$scratch/said" 2>&1 </dev/null || status=$?
expect_status 3
expect_says "needs a password for sudo" "no terminal" "NOPASSWD" \
  "nothing was written"
expect_untouched

echo "# three wrong ones"
pi_flash "wrong false no" --confirm "$board_name" "pi@$board_name" \
  "$scratch/new.img"
expect_status 3
expect_says "once more" "none of 3 passwords" "nothing was written"
expect_untouched

echo "# the right one, but not for this user"
sudoers_of
pi_flash "$password" --confirm "$board_name" "pi@$board_name" "$scratch/new.img"
expect_status 3
expect_says "board: .*pi is not in the sudoers file" "may not become root" \
  "nothing was written"
expect_untouched
expect_secret

# Both programs of a tunnel, and each file of the board, are looked at while the
# flash runs.
cat >"$scratch/spy" <<'SPY'
while :; do
  cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null
  cat /run/flash-live-remote/session /run/flash-live-remote/flash.sh 2>/dev/null
done
SPY
start_spy ()
{
  board_run sh "$scratch/spy" >"$scratch/seen" 2>/dev/null &
  spy=$!
}
stop_spy ()
{
  kill "$spy"
  wait "$spy" 2>/dev/null || :
  [ -s "$scratch/seen" ] || fail "the spy has seen nothing"
  grep -aqF "$password" "$scratch/seen" && fail "the password was seen"
  : >"$scratch/seen"
}

for mode in stream ramfs; do
  for defaults in !use_pty use_pty; do
    echo "# a wrong one, then the right one: $mode, $defaults"
    sudoers_of "Defaults $defaults" 'pi ALL=(ALL) ALL'
    fill_target
    start_spy
    pi_flash "wrong $password" --confirm "$board_name" "--$mode" \
      "pi@$board_name" "$scratch/new.img"
    expect_status 0
    stop_spy
    expect_says "once more"
    expect_flashed "$scratch/new.img"
    expect_rest_untouched "$scratch/new.img"
    expect_secret
    expect_clean
  done
done

echo "# the other commands"
flash_on_terminal "$password" "$client" verify -F "$board_ssh_config" \
  --device "$board_target" "pi@$board_name" "$scratch/new.img"
expect_status 0
expect_says "chunks are equal"
expect_clean

echo "# a command that needs no password after all: the line is not its input"
sudoers_of 'pi ALL=(ALL) ALL' 'pi ALL=(ALL) NOPASSWD: /bin/sh, /usr/bin/sh, /run/flash-live-remote/bin/flash-helper'
fill_target
pi_flash "$password" --confirm "$board_name" "pi@$board_name" "$scratch/new.img"
expect_status 0
expect_flashed "$scratch/new.img"
expect_secret

echo "# sudo that wants a terminal"
sudoers_of 'Defaults requiretty' 'pi ALL=(ALL) NOPASSWD: ALL'
flash_target "pi@$board_name" "$scratch/new.img"
expect_status 3
expect_says '!requiretty' "nothing was written"
