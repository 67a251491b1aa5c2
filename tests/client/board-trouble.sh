# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Trouble for a flash; sourced after flash-test.sh.  Signals go only to processes
# inside the board's own PID namespace.

# signal_board SIGNAL COMM [PID]: to every process on the board of that name (but
# PID).
signal_board ()
{
  # shellcheck disable=SC2016
  board_run sh -c '
    for p in /proc/[0-9]*; do
      [ "$(cat "$p/comm" 2>/dev/null)" = "$2" ] || continue
      [ "${p#/proc/}" != "$3" ] || continue
      kill -"$1" "${p#/proc/}"
    done' sh "$1" "$2" "${3:-}"
}

# Every connection to the board breaks; its sshd goes on listening.  A connection
# is two processes, and one alone may keep it.
break_connections ()
{
  signal_board KILL sshd "$(board_run cat /run/board-sshd)"
}

# Every connection hangs, without an end.
freeze_connections ()
{
  signal_board STOP sshd "$(board_run cat /run/board-sshd)"
}

# Wait until the board has finished a flash by itself.
await_clean ()
{
  wait_until 60 board_run test ! -e /run/flash-live-remote
}

# slow_image_server MBIT: from now on nbdkit sends no faster than that, so that a
# flash can be caught in the middle (the first two seconds come at once).
slow_image_server ()
{
  normal_image_server           # the wrapper must not call itself
  nbdkit_path=$(command -v nbdkit)
  requires "$nbdkit_path" --filter=rate null --dump-plugin
  mkdir -p "$scratch/slow"
  printf '#!/bin/sh\nexec "%s" --filter=rate "$@" rate=%sM\n' "$nbdkit_path" "$1" \
    >"$scratch/slow/nbdkit"
  chmod 755 "$scratch/slow/nbdkit"
  PATH=$scratch/slow:$PATH
}

# Full speed again.
normal_image_server ()
{
  rm -f "$scratch/slow/nbdkit"
}
