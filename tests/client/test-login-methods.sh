#!/bin/sh
# SPDX-License-Identifier: MIT
# Agent, key with a passphrase, password, keyboard-interactive, and the question about a new host key.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

requires expect -v
start_board
make_image "$scratch/new.img" 8

# A second sshd on the board: pi logs in with the password "open sesame".
hash=$(printf 'open sesame' | openssl passwd -6 -stdin) || skip "no openssl"
sed -i "s|^pi:[^:]*:|pi:$hash:|" "$board_dir/etc/shadow"
sed -e 's/^PasswordAuthentication.*/PasswordAuthentication yes/' \
  -e '/^ListenAddress/d' "$board_dir/sshd_config" >"$board_dir/sshd_password"
sed -e 's/^KbdInteractive.*/KbdInteractiveAuthentication yes/' \
  -e 's/^UsePAM.*/UsePAM yes/' -e '/^ListenAddress/d' \
  "$board_dir/sshd_config" >"$board_dir/sshd_kbdint"
password_port=$((board_port + 1))
kbdint_port=$((board_port + 2))
board_run /usr/sbin/sshd -f "$board_dir/sshd_password" -p $password_port \
  -o ListenAddress=127.0.0.1
board_run /usr/sbin/sshd -f "$board_dir/sshd_kbdint" -p $kbdint_port \
  -o ListenAddress=127.0.0.1

# dry_run_on_terminal PORT USER EXPECT-LINES ARGUMENTS...: with a terminal to
# ask on; the words go to $scratch/said.
dry_run_on_terminal ()
{
  port=$1 user=$2 dialogue=$3
  shift 3
  cat >"$scratch/dialogue" <<END
set timeout 30
log_file -noappend -a $scratch/said
eval spawn -noecho \$argv
$dialogue
expect eof
exit [lindex [wait] 3]
END
  : >"$scratch/said"
  status=0
  expect -f "$scratch/dialogue" -- "$client" -F none -p "$port" \
    --dry-run --device "$board_target" "$@" "$user@127.0.0.1" \
    "$scratch/new.img" >/dev/null 2>&1 || status=$?
}
known=$scratch/known
for port in $password_port $kbdint_port; do
  sed "s/:$board_port /:$port /" "$board_known_hosts"
done >"$known"
no_key="-o IdentityFile=none -o UserKnownHostsFile=$known"

# shellcheck disable=SC2086
{
  dry_run_on_terminal $password_port pi '
expect "Password of pi@127.0.0.1: " { send "wrong\r" }
expect "not accepted"
expect "Password of pi@127.0.0.1: " { send "open sesame\r" }' $no_key
  expect_status 0
  expect_says "The plan"
  said "sesame" && fail "the password was echoed"

  dry_run_on_terminal $kbdint_port pi '
expect "assword: " { send "open sesame\r" }' $no_key
  expect_status 0
  expect_says "The plan"
  said "sesame" && fail "the password was echoed"

  # Without a terminal nobody is asked, and the methods are named.
  flash -p $password_port --dry-run $no_key pi@127.0.0.1 "$scratch/new.img"
  expect_status 3
  expect_says "publickey.* password" "no terminal"
}

# A key with a passphrase, and a host key that is new.
ssh-keygen -q -t ed25519 -N 'my phrase' -f "$scratch/locked"
cat "$scratch/locked.pub" >>"$board_dir/keys/pi"
dry_run_on_terminal "$board_port" pi '
expect "remember this key" { send "maybe\r" }
expect "remember this key" { send "yes\r" }
expect "Passphrase for the key" { send "my phrase\r" }' \
  -i "$scratch/locked" -o UserKnownHostsFile="$scratch/new_known"
expect_status 0
expect_says "SHA256:" "The plan"
said "phrase\$" && fail "the passphrase was echoed"
grep -q "^\[127.0.0.1\]:$board_port ssh-ed25519 " "$scratch/new_known" ||
  fail "the accepted key was not remembered"
dry_run_on_terminal "$board_port" pi '
expect "remember this key" { send "no\r" }' \
  -o UserKnownHostsFile="$scratch/refused_known"
expect_status 3
[ ! -e "$scratch/refused_known" ] || fail "the refused key was remembered"

# The agent holds the key.
eval "$(ssh-agent -s)" >/dev/null
cleanup_fn "kill $SSH_AGENT_PID"
ssh-keygen -q -p -P 'my phrase' -N '' -f "$scratch/locked"
ssh-add -q "$scratch/locked"
mv "$scratch/locked" "$scratch/gone"
flash -p "$board_port" -o IdentityFile=none -o UserKnownHostsFile="$scratch/new_known" \
  --dry-run --device "$board_target" pi@127.0.0.1 "$scratch/new.img"
expect_status 0
said '--ssh=openssh' && fail "a way out of nothing was named"

# With IdentitiesOnly the key that is named is still the agent's: by the system's ssh,
# which the refusal of the other one names.
cp "$scratch/locked.pub" "$scratch/gone.pub"
only_gone ()
{
  flash -p "$board_port" -F none -i "$scratch/gone.pub" -o IdentitiesOnly=yes \
    -o UserKnownHostsFile="$scratch/new_known" --dry-run --device "$board_target" "$@" \
    pi@127.0.0.1 "$scratch/new.img"
}
only_gone
expect_status 3
expect_says "IdentitiesOnly .* has not asked the agent; --ssh=openssh" \
  "nothing was written"
only_gone --ssh=openssh
expect_status 0

# Accepting without a question is something to ask for.
flash -p "$board_port" -o UserKnownHostsFile="$scratch/accepted" \
  -o StrictHostKeyChecking=accept-new --dry-run --device "$board_target" \
  pi@127.0.0.1 "$scratch/new.img"
expect_status 0
expect_says "accepted" "SHA256:"
[ -s "$scratch/accepted" ] || fail "the accepted key was not remembered"

# The system's ssh asks by itself, on the same terminal.
unset SSH_AUTH_SOCK
# shellcheck disable=SC2086
dry_run_on_terminal $password_port pi '
expect "pi@127.0.0.1*assword: " { send "wrong\r" }
expect "pi@127.0.0.1*assword: " { send "open sesame\r" }' --ssh=openssh $no_key
expect_status 0
expect_says "The plan"
said "sesame" && fail "the password was echoed"

ssh-keygen -q -p -P '' -N 'my phrase' -f "$scratch/gone"
dry_run_on_terminal "$board_port" pi '
expect "continue connecting" { send "yes\r" }
expect "passphrase for key" { send "my phrase\r" }' --ssh=openssh \
  -i "$scratch/gone" -o UserKnownHostsFile="$scratch/openssh_known"
expect_status 0
expect_says "SHA256:" "The plan"
[ -s "$scratch/openssh_known" ] || fail "the accepted key was not remembered"

# Without a terminal it fails in its own words.
flash --ssh=openssh -p "$board_port" -i "$scratch/gone" \
  -o UserKnownHostsFile="$scratch/openssh_known" --dry-run pi@127.0.0.1 \
  "$scratch/new.img"
expect_status 3
expect_says "ssh: .*permission denied" "nothing was written"
flash --ssh=openssh -p "$board_port" -o UserKnownHostsFile=/dev/null --dry-run \
  pi@127.0.0.1 "$scratch/new.img"
expect_status 3
expect_says "ssh: .*host key verification failed" "nothing was written"
