# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the tests of --wait share; brings flash-test.sh with it.  A loopback board is
# never flashed as the disk that it runs from: the program await-return does what comes
# behind such a flash, with the client's own code.

# shellcheck source=tests/client/flash-test.sh
. "$(dirname -- "$0")/flash-test.sh"

board_boots=1
board_boot_id=00000001-0000-4000-8000-000000000000

# start_return ARGUMENTS...: wait for the board, in the background, once the old system
# was looked at.
start_return ()
{
  rm -f "$scratch/ready" "$scratch/rebooted"
  : >"$scratch/said"
  ./await-return "$scratch/ready" "$scratch/rebooted" -F "$board_ssh_config" "$@" \
    no-image >"$scratch/stdout" 2>"$scratch/said" </dev/null &
  flash_pid=$!
  cleanup_process $flash_pid
  wait_until 120 test -e "$scratch/ready"
}

# From here on the client tries; what it does is awaited.
let_it_wait ()
{
  : >"$scratch/rebooted"
}

finish_return ()
{
  let_it_wait
  finish_flash
}

board_keys=0

# new_host_key: the key of the next system ($new_key, $new_fingerprint).  An sshd reads
# its key's file again for each connection, so the old one stays.
new_host_key ()
{
  board_keys=$((board_keys + 1))
  new_key=$board_dir/host_key_$board_keys
  ssh-keygen -q -t ed25519 -N '' -f "$new_key"
  sed -i "s|^HostKey.*|HostKey $new_key|" "$board_dir/sshd_config"
  new_fingerprint=$(ssh-keygen -l -f "$new_key.pub" | cut -d' ' -f2)
}

shut_board_down ()
{
  stop_board
}

# Another boot, with what sshd_config says now.
boot_new_system ()
{
  board_boots=$((board_boots + 1))
  board_boot_id=$(printf '%08d-0000-4000-8000-000000000000' $board_boots)
  prepare_fakes
  for _ in 1 2 3 4 5; do
    if boot_board; then
      cleanup_fn "stop_board_of $board_pid $board_unshare"
      return 0
    fi
  done
  cat "$board_dir/sshd.log" >&2
  fail "the new system does not answer"
}

# expect_names_key FINGERPRINT: which is no regular expression.
expect_names_key ()
{
  grep -qF -- "$1" "$scratch/said" || {
    cat "$scratch/said" >&2
    fail "it did not name the key $1"
  }
}

# expect_known FILE: the board's line in known_hosts is the key FILE, and the only one.
expect_known ()
{
  ssh-keygen -F "[127.0.0.1]:$board_port" -f "$board_known_hosts" |
    grep -v '^#' | cut -d' ' -f2,3 >"$scratch/known-keys"
  cut -d' ' -f1,2 "$1" | cmp - "$scratch/known-keys" ||
    fail "known_hosts has: $(cat "$scratch/known-keys")"
}
