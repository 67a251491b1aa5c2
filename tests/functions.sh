# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What every test script shares.  Sourced by: . "$(dirname "$0")/../functions.sh"
#
# Gives: $top_srcdir, $top_builddir (absolute), $scratch (a private directory,
# removed at the end), fail, skip, requires, cleanup_fn.

test_name=$(basename -- "$0" .sh)
# The tests' folders lie one or two levels below the top.
top_srcdir=$(cd -- "$(dirname -- "$0")" && pwd)
while [ ! -e "$top_srcdir/configure.ac" ]; do
  top_srcdir=$(dirname -- "$top_srcdir")
  [ "$top_srcdir" != / ] || exit 99
done
top_builddir=$(pwd)
while [ ! -e "$top_builddir/config.status" ] && [ "$top_builddir" != / ]; do
  top_builddir=$(dirname -- "$top_builddir")
done
if [ "$top_builddir" = / ]; then
  top_builddir=${FLASH_BUILD_DIR:-$top_srcdir/build}
fi

scratch=$(mktemp -d "${TMPDIR:-/tmp}/$test_name.XXXXXX") || exit 99
# Scans of the images are remembered there, not in the home of who runs the test.
export XDG_CACHE_HOME="$scratch/cache"
# Nor are that person's settings read.
export XDG_CONFIG_HOME="$scratch/xdg-config"
cleanups=

fail ()
{
  printf '%s: FAIL: %s\n' "$test_name" "$*" >&2
  exit 1
}

skip ()
{
  printf '%s: SKIP: %s\n' "$test_name" "$*" >&2
  exit 77
}

# requires COMMAND...: skip the test unless the command succeeds.
requires ()
{
  "$@" >/dev/null 2>&1 </dev/null || skip "this machine cannot run: $*"
}

# cleanup_fn COMMAND: run at the end, last registered first.
cleanup_fn ()
{
  cleanups="$*
$cleanups"
}

# cleanup_process PID: end it at the end.  The number of one that was waited for may be
# another test's by then: only what is still a child of this shell is ended.
cleanup_process ()
{
  cleanup_fn "! is_own_process $1 || kill -9 $1"
}

is_own_process ()
{
  [ "$(sed -n 's/^.*) [A-Za-z] \([0-9]*\) .*/\1/p' "/proc/$1/stat" 2>/dev/null)" = $$ ]
}

run_cleanups ()
{
  status=$?
  trap - EXIT
  set +e
  eval "$cleanups"
  rm -rf -- "$scratch"
  exit "$status"
}
trap run_cleanups EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
