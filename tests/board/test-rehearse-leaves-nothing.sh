#!/bin/bash
# SPDX-License-Identifier: MIT
# test-rehearse-leaves-nothing.sh
#
# --rehearse proves everything on a board, in both modes, and leaves the board as
# it was: the same units, processes, mounts, files, swap and sockets.  The board's
# own sshd lets in before, during and after it.

set -euo pipefail
memory=1024
name=rehearse
LAB_TAG=$name
. "$(dirname "$0")/lab.sh"
. "$LAB_SCRIPTS/board.sh"
. "$LAB_SCRIPTS/board-client.sh"
. "$LAB_SCRIPTS/flash-job.sh"

main ()
{
  local mode
  job_require_tools
  trap 'status=$?; client_cleanup; board_cleanup $status' EXIT
  lab_step "lab prepared" "$LAB_SCRIPTS/prepare-lab.sh" "$memory"
  lab_step "board started from its snapshot" job_start_board "$memory" pi
  # The snapshot was taken a while ago by the board's clock: what was due since
  # then happens now.
  sleep 10
  lab_step "the board is described" describe before
  for mode in stream ramfs; do
    lab_step "rehearsed, $mode" rehearse "$mode"
    lab_step "the board is as before" compare_with_before "$mode"
  done
  lab_say "passed"
}

# What comes and goes with every login or with time is left out.
describe ()
{
  board_ssh root sh <<'EOS' | grep -Ev 'session-[0-9c]|user@|user-runtime-dir@|/run/user|user-[0-9]' >"$BOARD_DIR/$1"
export LC_ALL=C
echo '== units'
systemctl list-units --all --no-legend --plain --full --type=service,socket,mount,swap,path,target,timer |
  awk '{ print $1, $2, $3, $4 }' | sort
systemctl service-watchdogs
echo '== processes'
me=$(ps -o sid= -p $$)
ps -e -o ppid=,sid=,comm= | awk -v me="$me" '
  $1 != 2 && $2 != me && $3 !~ /^(kthreadd|sshd|systemd|\(sd-pam\))$/ { print $3 }' | sort | uniq -c
ps -C sshd -o pid=,stat=,args= | awk '/listener/ { print $1, $2 }'
echo '== mounts'
sort /proc/self/mounts
echo '== files'
find /run /tmp /var -xdev \( -path /var/log -o -path /run/log -o -path /run/systemd \
  -o -path /run/udev -o -path /run/user \) -prune -o -print | sort
find / -xdev -maxdepth 1 | sort
echo '== swap'
awk '{ print $1, $2, $3, $5 }' /proc/swaps
echo '== sockets'
ss -H -lntu | awk '{ print $1, $5 }' | sort
ss -H -lx | awk '{ print $5 }' | sort
EOS
}

rehearse ()
{
  local logins=0
  client_start --verbose --rehearse --confirm "board-$name" "--$1" "pi@board-$name" "$BOARD_LAB_DIR/new/new.img.xz"
  # While the lifeboat has the port, a second or two, it does not.
  while client_is_running; do
    if board_ssh pi -o ConnectTimeout=10 true </dev/null 2>>"$BOARD_DIR/logins.log"; then
      logins=$((logins + 1))
    fi
    sleep 1
  done
  client_wait 10
  [ "$CLIENT_STATUS" -eq 0 ] || lab_die "the rehearsal ended with exit status $CLIENT_STATUS"
  lab_say "$logins ordinary logins succeeded during the rehearsal"
  [ "$logins" -ge 1 ] || lab_die "nobody could log in during the rehearsal"
  board_ssh pi true </dev/null || lab_die "nobody can log in after the rehearsal"
}

# A login's traces go some seconds after it.
compare_with_before ()
{
  local deadline=$((SECONDS + 40))
  until describe "after-$1"; diff -u "$BOARD_DIR/before" "$BOARD_DIR/after-$1" >"$BOARD_DIR/difference"; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      cat "$BOARD_DIR/difference" >&2
      lab_die "the board is not as it was"
    fi
    sleep 3
  done
}

main
