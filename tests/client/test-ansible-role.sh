#!/bin/sh
# SPDX-License-Identifier: MIT
# The Ansible role: in check mode nothing is written, a run flashes two boards, a third
# that fails is reported with its cause and does not hold them up.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

requires ansible-playbook --version
start_boards 2
make_image "$scratch/new.img" 16
xz -k "$scratch/new.img"
set -- $board_names

# for_both COMMAND...: once for each board, with its variables.
for_both ()
{
  for number in 2 1; do
    use_board "$number"
    "$@"
  done
}

cat >"$scratch/inventory" <<END
[boards]
$1 ansible_user=root
$2 ansible_user=root
absent-board ansible_user=root
END
cat >>"$board_ssh_config" <<END
Host absent-board
  HostName 127.0.0.1
  Port 1
END
cat >"$scratch/play.yml" <<END
- hosts: boards
  gather_facts: false
  roles: [flash_live_remote]
  vars:
    flash_live_remote_program: $client
    flash_live_remote_ssh_config: $board_ssh_config
    flash_live_remote_image: $scratch/new.img.xz
    flash_live_remote_mode: stream
    flash_live_remote_options: [--device, /run/board-disk]
  post_tasks:
    - name: The result
      ansible.builtin.debug:
        msg: "result {{ flash_live_remote_result.status }}
              {{ flash_live_remote_result.exit_status }}"
END

# Nobody asks this file: each flash would be refused.
mkdir -p "$XDG_CONFIG_HOME/flash-live-remote"
echo 'no-such-setting = yes' >"$XDG_CONFIG_HOME/flash-live-remote/config"

# play STATUS ARGUMENT...
play ()
{
  expected=$1
  shift
  status=0
  ANSIBLE_ROLES_PATH=$top_srcdir/ansible/roles ANSIBLE_NOCOLOR=1 \
    ANSIBLE_HOME=$scratch/ansible ANSIBLE_RETRY_FILES_ENABLED=0 \
    ANSIBLE_LOCAL_TEMP=$scratch/ansible/tmp LC_ALL=C.UTF-8 \
    ansible-playbook -i "$scratch/inventory" "$@" "$scratch/play.yml" \
    >"$scratch/said" 2>&1 </dev/null || status=$?
  expect_status "$expected"
}

for_both fill_target
use_board 2
remember_target
play 0 --limit "$2" --check
expect_says 'result done 0' "$2 .*changed=0 .*failed=0"
expect_untouched

play 2
expect_says 'result done 0' "$1 .*changed=1 .*failed=0" "$2 .*changed=1 .*failed=0" \
  'absent-board .*failed=1' 'nothing was written' 'refused'
for_both expect_flashed "$scratch/new.img"

# A damaged image: nothing is written, and the cause is told.
use_board 1
fill_target
remember_target
head -c 5000 "$scratch/new.img.xz" >"$scratch/short.img.xz"
play 2 --limit "$1" -e "flash_live_remote_image=$scratch/short.img.xz"
expect_says 'nothing was written' 'exit status 3' 'short.img.xz'
expect_untouched
