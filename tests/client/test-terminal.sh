#!/bin/sh
# SPDX-License-Identifier: MIT
# On a terminal: the host key is asked for, the password is asked for and not
# shown, and the board's name has to be typed.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
requires expect -v
requires openssl version

board_password_login=yes
start_board
make_image "$scratch/new.img" 8
fill_target
remember_target

# dialogue FILE: run the client on a terminal, led by an expect script that ends
# with the client's exit status.
dialogue ()
{
  status=0
  client=$client config=$board_ssh_config target=$board_target \
  name=$board_name image=$scratch/new.img known=$scratch/known \
  password=$board_password \
    expect "$1" >"$scratch/said" 2>&1 || status=$?
}

cat >"$scratch/session.exp" <<'END'
set timeout 60
proc say {text} { sleep 0.2; send -- "$text\r" }
proc wait_for {pattern} {
  expect -nocase -re $pattern {} timeout { puts "no: $pattern"; exit 99 } \
    eof { puts "ended before: $pattern"; exit 98 }
}
proc finish {} {
  expect timeout { exit 97 } eof {}
  exit [lindex [wait] 3]
}
set image $env(image)
END

# The wrong name typed: nothing happens.
cat "$scratch/session.exp" - >"$scratch/wrong.exp" <<'END'
spawn $env(client) -F $env(config) --device $env(target) root@$env(name) $image
wait_for "type.*$env(name)|$env(name).*:"
say "other"
finish
END
dialogue "$scratch/wrong.exp"
expect_status 3
expect_says "nothing was written"
expect_untouched

# An unknown key is shown and can be accepted; the password is not echoed; the
# right name is typed.
: >"$scratch/known"
cat "$scratch/session.exp" - >"$scratch/right.exp" <<'END'
spawn $env(client) -F $env(config) -o UserKnownHostsFile=$env(known) \
  -o StrictHostKeyChecking=ask -o PubkeyAuthentication=no \
  --device $env(target) pw@$env(name) $image
wait_for "SHA256:"
wait_for "yes"
say "yes"
wait_for "password"
say $env(password)
wait_for "will be lost"
wait_for "$env(name)"
say $env(name)
finish
END
dialogue "$scratch/right.exp"
expect_status 0
expect_flashed "$scratch/new.img"
grep -q ssh-ed25519 "$scratch/known" || fail "the key was not remembered"
if grep -q "$board_password" "$scratch/said"; then
  fail "the password was shown"
fi
