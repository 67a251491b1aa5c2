# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the tests that flash a loopback board share; brings tests/functions.sh
# and the board itself (loopback-board.sh) with it.

# shellcheck source=tests/functions.sh
. "$(dirname -- "$0")/../functions.sh"
# shellcheck source=tests/client/loopback-board.sh
. "$top_srcdir/tests/client/loopback-board.sh"

# make_image FILE MEGABYTES: a disk with a partition table, content that does
# not compress, and a hole of a quarter of its size in the middle.
make_image ()
{
  truncate -s "$2M" "$1"
  echo '2048,,L' | /sbin/sfdisk -q "$1"
  quarter=$(($2 / 4))
  dd if=/dev/urandom of="$1" bs=1M seek=1 count="$quarter" conv=notrunc status=none
  dd if=/dev/urandom of="$1" bs=1M seek=$((2 * quarter + 1)) \
     count=$((quarter - 1)) conv=notrunc status=none
}

# flash ARGUMENTS...: run the client against the board; the words go to
# $scratch/said, the exit status to $status.
flash ()
{
  status=0
  "$client" -F "$board_ssh_config" "$@" >"$scratch/stdout" 2>"$scratch/said" \
    </dev/null || status=$?
  [ ! -s "$scratch/stdout" ] || fail "the client wrote to stdout"
}

# flash_target ARGUMENTS...: the same onto the board's loop device, confirmed.
flash_target ()
{
  flash --device "$board_target" --confirm "$board_name" "$@"
}

# local_flash ARGUMENTS...: the client with --local, inside of the board's namespaces.
local_flash ()
{
  status=0
  nsenter -t "$board_pid" -m -p -- "$client" --local "$@" >"$scratch/stdout" \
    2>"$scratch/said" </dev/null || status=$?
}

expect_status ()
{
  if [ "$status" -ne "$1" ]; then
    cat "$scratch/said" >&2
    fail "exit status $status, not $1"
  fi
}

# expect_says REGEX...: the client said all of these.
expect_says ()
{
  for regex; do
    grep -Eqi -- "$regex" "$scratch/said" || {
      cat "$scratch/said" >&2
      fail "it did not say: $regex"
    }
  done
}

# Give the whole target a content that no image has.
fill_target ()
{
  tr '\0' '\252' </dev/zero | dd of="$board_target" bs=1M iflag=fullblock \
    count="$board_disk_mb" oflag=direct status=none
}

# expect_rest_untouched IMAGE: beyond the image's end still lies what fill_target
# wrote.
expect_rest_untouched ()
{
  rest=$(tail -c +$(($(stat -c %s "$1") + 1)) "$board_target_file" |
           tr -d '\252' | wc -c)
  [ "$rest" -eq 0 ] || fail "$rest bytes beyond the image's end were changed"
}

# The target's content, to compare later.
remember_target ()
{
  target_before=$(sha256sum <"$board_target_file")
}

# expect_untouched: nothing written, nothing left on the board.
expect_untouched ()
{
  [ "$(sha256sum <"$board_target_file")" = "$target_before" ] ||
    fail "the target was written to"
  expect_clean
}

# expect_clean: no directory, mount or process left on the board (it may take a
# moment until the session has removed itself).
expect_clean ()
{
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    leftover=$(board_run sh -c '
      ls -d /run/flash-live-remote 2>/dev/null
      grep flash-live-remote /proc/mounts
      for p in /proc/[0-9]*; do
        case $(cat "$p/comm" 2>/dev/null) in flash-helper*) echo "$p" ;; esac
      done' || true)
    [ -n "$leftover" ] || return 0
    sleep 1
  done
  fail "left on the board: $leftover"
}

# expect_flashed IMAGE: the target begins with exactly the image's bytes.
expect_flashed ()
{
  cmp -n "$(stat -c %s "$1")" "$1" "$board_target_file" ||
    fail "the target differs from the image"
}

# start_flash ARGUMENTS...: like flash_target, in the background ($flash_pid).
start_flash ()
{
  : >"$scratch/said"
  "$client" -F "$board_ssh_config" --device "$board_target" \
    --confirm "$board_name" "$@" >"$scratch/stdout" 2>"$scratch/said" </dev/null &
  flash_pid=$!
  cleanup_process $flash_pid
}

finish_flash ()
{
  status=0
  wait "$flash_pid" || status=$?
}

# wait_until SECONDS COMMAND...: poll.
wait_until ()
{
  tries=$(($1 * 20))
  shift
  while ! "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    if [ $tries -le 0 ]; then
      cat "$scratch/said" >&2
      fail "waited in vain for: $*"
    fi
    sleep 0.05
  done
}

said ()
{
  grep -Eqi -- "$1" "$scratch/said"
}

# The nbdkit that the client in the background has started.
nbdkit_of_flash ()
{
  pgrep -P "$flash_pid" -x nbdkit
}
