# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Boards on which the user pi is not root without further ado.  Brings flash-test.sh
# with it.

# shellcheck source=tests/client/flash-test.sh
. "$(dirname -- "$0")/flash-test.sh"

# The password of pi, which nothing else in a log or a list of processes looks
# like.
password=Zauberwort-4711

# sudoers_of LINE...: what pi may do on the board; before or after its start.
sudoers_of ()
{
  printf '%s\n' 'Defaults !fqdn' 'Defaults lecture=never' \
    'root ALL=(ALL:ALL) ALL' "$@" >"$board_dir/etc/sudoers"
}

give_password ()
{
  hash=$(printf %s "$password" | openssl passwd -6 -stdin) || skip "no openssl"
  sed -i "s|^pi:[^:]*:|pi:$hash:|" "$board_dir/etc/shadow"
}

# flash_on_terminal ANSWERS ARGUMENTS...: the client with a terminal, on which
# each question for a password gets the next of ANSWERS (words; ^C is one); the
# words to $scratch/said, the exit status to $status.
flash_on_terminal ()
{
  cat >"$scratch/dialogue" <<'DIALOGUE'
set timeout 300
set answers [split [lindex $argv 0]]
eval spawn -noecho [lrange $argv 1 end]
expect {
  "Password for sudo of" {
    if {[llength $answers] == 0} { exit 90 }
    send "[lindex $answers 0]\r"
    set answers [lrange $answers 1 end]
    exp_continue
  }
  timeout { exit 91 }
  eof {}
}
if {[llength $answers] > 0} { puts "answers that nobody asked for"; exit 92 }
exit [lindex [wait] 3]
DIALOGUE
  status=0
  expect -f "$scratch/dialogue" -- "$@" >"$scratch/said" 2>&1 </dev/null ||
    status=$?
}

# No word of it may have come anywhere: not into what was said, nor into the
# board's log, nor into a file of the RAM root or of the state.
expect_secret ()
{
  if grep -rqF "$password" "$scratch/said" "$board_dir/sshd.log" \
      "$scratch/home" "$scratch/cache" 2>/dev/null; then
    fail "the password lies in $(grep -rlF "$password" "$scratch/said" \
      "$board_dir/sshd.log" "$scratch/home" "$scratch/cache")"
  fi
}
