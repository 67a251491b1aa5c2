#!/bin/sh
# SPDX-License-Identifier: MIT
# While a flash is lost, whoever shows another host key gets nothing, though known_hosts and its checking are off.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

# serve CONFIG: a second sshd, on $port; another CONFIG takes its place.
serve ()
{
  # shellcheck disable=SC2016
  board_run sh -c '
    for p in /proc/[0-9]*; do
      case $(tr "\0" " " <"$p/cmdline" 2>/dev/null) in
        "sshd: "*"-p $1 "* | "sshd: root"* | "sshd-session: root"*)
          kill -KILL "${p#/proc/}" ;;
      esac
    done' sh "$port"
  board_run /usr/sbin/sshd -f "$1" -p "$port"
}

board_disk_mb=256
start_board
port=$((board_port + 1))
serve "$board_dir/sshd_config"
fill_target
make_image "$scratch/new.img" 200
slow_image_server 100
start_flash -p "$port" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null --stream \
  "root@$board_name" "$scratch/new.img"
wait_until 120 said '^writing +[1-9]'
ssh-keygen -q -t ed25519 -N '' -f "$board_dir/other_key"
sed "s|^HostKey.*|HostKey $board_dir/other_key|" "$board_dir/sshd_config" \
  >"$board_dir/sshd_other"
serve "$board_dir/sshd_other"
wait_until 60 said "shows another host key than a moment ago"
said "connected to the board again" && fail "another host key was accepted"
serve "$board_dir/sshd_config"
finish_flash
expect_status 0
expect_says "connected to the board again" "verified"
expect_flashed "$scratch/new.img"
expect_clean
