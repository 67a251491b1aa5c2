#!/bin/sh
# SPDX-License-Identifier: MIT
# --wait and the new system's host key: asked about, expected or accepted; never taken silently.
set -eu
# shellcheck source=tests/client/return-test.sh
. "$(dirname "$0")/return-test.sh"

requires expect -v
start_board
other_line="other.example $(cut -d' ' -f1,2 "$board_dir/host_key.pub")"
echo "$other_line" >>"$board_known_hosts"
chmod 640 "$board_known_hosts"

# reboot_into_other_key: what is between the start of the wait and its attempts.
reboot_into_other_key ()
{
  shut_board_down
  boot_new_system
  let_it_wait
}

# come_back ARGUMENTS...: with another host key, which is made before.
come_back ()
{
  cp "$board_known_hosts" "$scratch/known-before"
  start_return "$@" "root@$board_name"
  reboot_into_other_key
  finish_flash
}

expect_known_unchanged ()
{
  cmp "$board_known_hosts" "$scratch/known-before" || fail "known_hosts was changed"
}

# The next flash begins with the key that the board has now.
know_board ()
{
  { echo "$other_line"
    echo "[127.0.0.1]:$board_port $(cut -d' ' -f1,2 "$new_key.pub")"
  } >"$board_known_hosts"
}

echo "nobody is there, and nothing tells which key is right"
new_host_key
come_back --wait=600
expect_status 8
expect_says "no terminal to ask on" "nobody was logged in"
expect_names_key "$new_fingerprint"
expect_known_unchanged
know_board

echo "any key is accepted"
new_host_key
come_back --wait=600 --accept-new-host-key
expect_status 0
expect_names_key "$new_fingerprint, which is accepted"
expect_says \
  "old host key of $board_name is replaced" "^back:"
expect_known "$new_key.pub"
grep -qxF "$other_line" "$board_known_hosts" || fail "another host's line is gone"
[ "$(stat -c %a "$board_known_hosts")" = 640 ] || fail "known_hosts has another mode"

echo "the image's key is known: its file, its fingerprint; names are hashed"
ssh-keygen -q -H -f "$board_known_hosts" 2>/dev/null
new_host_key
come_back --wait=600 --ssh=openssh --host-key "$new_key.pub"
expect_status 0
expect_says "old host key of $board_name is replaced" "^back:"
expect_known "$new_key.pub"
new_host_key
come_back --wait=600 --host-key "$new_fingerprint"
expect_status 0
expect_known "$new_key.pub"

echo "another one than that, or than the one that is kept"
for how in "--host-key $new_fingerprint" "--keep ssh-host-keys"; do
  new_host_key
  # shellcheck disable=SC2086
  come_back --wait=5 $how
  expect_status 8
  expect_names_key "shows the host key $new_fingerprint, and another one is expected"
  expect_known_unchanged
  know_board
done

# ask_about_key ANSWER: the same with somebody at the terminal.
ask_about_key ()
{
  cp "$board_known_hosts" "$scratch/known-before"
  new_host_key
  rm -f "$scratch/ready" "$scratch/rebooted"
  cat >"$scratch/dialogue" <<END
set timeout 300
log_file -noappend -a $scratch/said
eval spawn -noecho \$argv
expect "yes, no or the fingerprint" { send "$(eval "echo $1")\r" }
expect eof
exit [lindex [wait] 3]
END
  : >"$scratch/said"
  expect -f "$scratch/dialogue" -- ./await-return "$scratch/ready" "$scratch/rebooted" \
    -F "$board_ssh_config" --wait=600 "root@$board_name" no-image >/dev/null 2>&1 &
  flash_pid=$!
  cleanup_process $flash_pid
  wait_until 120 test -e "$scratch/ready"
  reboot_into_other_key
  finish_flash
  expect_says "answers with another host key"
  expect_names_key "has the fingerprint $new_fingerprint"
}

echo "a person says no, yes, or the fingerprint"
ask_about_key no
expect_status 8
expect_says "was not accepted"
expect_known_unchanged
know_board
# shellcheck disable=SC2016
for answer in yes '$new_fingerprint'; do
  ask_about_key "$answer"
  expect_status 0
  expect_says "old host key of $board_name is replaced" "back: $board_name"
  expect_known "$new_key.pub"
done
