#!/bin/sh
# SPDX-License-Identifier: MIT
# keep.sh by itself: what it finds for somebody who did not come through an sshd, and names that a shell would take apart.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/keep-test.sh
. "$(dirname "$0")/keep-test.sh"

start_board
furnish_board

# ask ITEM: the answer to $scratch/answer; by a process that no sshd has started.
ask ()
{
  {
    printf "ITEMS='%s'\nLOGIN_USER=root\n" "$1"
    cat "$top_srcdir/helper/keep.sh"
  } | board_run sh >"$scratch/answer"
  [ "$(tail -n 1 "$scratch/answer")" = FLR1-KEEP-END ] ||
    fail "the answer about $1 has no end"
}

# answers TEXT: it is in one of its lines.
answers ()
{
  grep -qF -- "$1" "$scratch/answer" || {
    cat "$scratch/answer" >&2
    fail "it does not say: $1"
  }
}

echo "the host keys of the sshd that runs, from a console"
ask ssh-host-keys
answers 'fact sshd openssh'
answers ' /etc/ssh/ssh_host_ed25519_key'

echo "odd names"
mkdir "$board_dir/etc/netplan"
: >"$board_dir/etc/netplan/50-a\\nb c.yaml"
ask network
answers ' 0 /etc/netplan/50-a\nb c.yaml'
[ "$(grep -c '^file ' "$scratch/answer")" -eq 1 ] || fail "one file, several lines"
