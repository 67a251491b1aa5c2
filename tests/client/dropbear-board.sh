# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A dropbear beside the board's sshd; sourced after flash-test.sh.

# Its way to the keys of root is not an option.  The rest of /root is this
# machine's.  Call it after start_board.
prepare_dropbear ()
{
  requires dropbear -V
  # shellcheck disable=SC2016
  board_run sh -c 'mount -t tmpfs -o mode=700 tmpfs /root && mkdir -m 700 /root/.ssh &&
    cp "$1" /root/.ssh/authorized_keys' sh "$board_dir/keys/root"
  dropbearkey -t ed25519 -f "$board_dir/dropbear_key" >/dev/null 2>&1
  : >"$scratch/said"
}

# use_port PORT: where the client logs in from now on.
use_port ()
{
  wait_until 60 ssh-keyscan -T 2 -p "$1" 127.0.0.1
  sed -i "s/^  Port .*/  Port $1/" "$board_ssh_config"
  echo "[127.0.0.1]:$1 $(dropbearkey -y -f "$board_dir/dropbear_key" |
    grep ^ssh- | cut -d' ' -f1,2)" >"$board_known_hosts"
}

run_daemon ()
{
  board_run "$@" >>"$board_dir/dropbear.log" 2>&1 &
  cleanup_process $!
}

# The next port, and the client goes there.
run_dropbear ()
{
  run_daemon dropbear -RFEr "$board_dir/dropbear_key" -p "127.0.0.1:$((board_port + 1))"
  use_port $((board_port + 1))
}
