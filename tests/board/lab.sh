# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The lab: the folder in which virtual boards are made and run, what its scripts
# say and how they time it, the cache of its products, its ssh keys.  Sourced.
#
# BOARD_LAB_DIR   the folder; by default tests/board/lab in the build tree that
#                 ./bootstrap makes, so that demo and tests share what they made
# BOARD_KIND      the kind of board, by default pc (board-kind.sh)
# LAB_TAG         a word before every line, to tell parallel tests apart

LAB_SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BOARD_LAB_DIR=${BOARD_LAB_DIR:-${FLASH_BUILD_DIR:-$LAB_SCRIPTS/../../build}/tests/board/lab}
mkdir -p "$BOARD_LAB_DIR"
BOARD_LAB_DIR=$(cd "$BOARD_LAB_DIR" && pwd)
LAB_KEYS=$BOARD_LAB_DIR/keys
export XDG_CACHE_HOME=$BOARD_LAB_DIR/cache      # remembered scans of images
LAB_TAG=${LAB_TAG:-$(basename "$0" .sh)}

# mkfs, sfdisk and their like are outside of an ordinary user's PATH.
PATH=$PATH:/usr/sbin:/sbin

lab_say ()
{
  printf '%s: %s\n' "$LAB_TAG" "$*"
}

lab_die ()
{
  printf '%s: %s\n' "$LAB_TAG" "$*" >&2
  exit 1
}

# Exit status 77 tells automake that a test could not run.
lab_skip ()
{
  printf '%s: skipped: %s\n' "$LAB_TAG" "$*" >&2
  exit 77
}

lab_require_tools ()
{
  local tool missing=
  for tool in "$@"; do
    command -v "$tool" >/dev/null || missing="$missing $tool"
  done
  [ -z "$missing" ] \
    || lab_die "not found:$missing; install the packages that $LAB_SCRIPTS/packages.txt lists"
}

# lab_step TEXT COMMAND...: run it, say TEXT and how long it took.  A script that
# fails on the way says so from its EXIT trap (lab_report_exit): were the status
# looked at here, "set -e" would not hold inside of COMMAND.
lab_step ()
{
  local start=$EPOCHREALTIME
  LAB_CURRENT_STEP=$1
  shift
  "$@"
  lab_say "$(lab_seconds_since "$start") s  $LAB_CURRENT_STEP"
  LAB_CURRENT_STEP=
}

# For EXIT traps: lab_report_exit $?
lab_report_exit ()
{
  if [ "$1" -ne 0 ] && [ -n "${LAB_CURRENT_STEP:-}" ]; then
    lab_say "FAILED at: $LAB_CURRENT_STEP" >&2
  fi
}

lab_seconds_since ()
{
  awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%6.1f", to - from }'
}

# A product is kept with a digest of everything that it is made from.  The
# arguments are files and plain words.
lab_fingerprint ()
{
  local input
  for input in "$@"; do
    if [ -f "$input" ]; then sha256sum <"$input"; else printf '%s\n' "$input"; fi
  done | sha256sum | cut -d' ' -f1
}

lab_is_fresh ()  # DIR FINGERPRINT
{
  [ -f "$1/fingerprint" ] && [ "$(cat "$1/fingerprint")" = "$2" ]
}

lab_mark_fresh ()  # DIR FINGERPRINT
{
  printf '%s\n' "$2" >"$1/fingerprint"
}

# lab_locked NAME COMMAND...: no two scripts make the same product at once.
# The lock's descriptor is closed for COMMAND: what that leaves running must not
# keep the lock.
lab_locked ()
{
  local name=$1 lock
  shift
  exec {lock}>"$BOARD_LAB_DIR/.lock-$name"
  flock -w 1800 "$lock" || lab_die "another script has held the lock of '$name' for 30 minutes"
  "$@" {lock}>&-
  exec {lock}>&-
}

# The login key and the host keys are made before the systems, so that every
# host key is known beforehand and nothing is ever accepted blindly.
lab_make_keys ()
{
  lab_locked keys make_missing_keys
}

make_missing_keys ()
{
  mkdir -p "$LAB_KEYS"
  chmod 700 "$LAB_KEYS"
  local key
  for key in login old-host; do
    [ -s "$LAB_KEYS/$key.pub" ] \
      || ssh-keygen -q -t ed25519 -N '' -C "board-lab-$key" -f "$LAB_KEYS/$key" </dev/null
  done
  if [ ! -s "$LAB_KEYS/new-host.pub" ]; then
    rm -f "$LAB_KEYS/new-host"
    dropbearkey -t ed25519 -f "$LAB_KEYS/new-host" >/dev/null 2>&1
    dropbearkey -y -f "$LAB_KEYS/new-host" | grep '^ssh-ed25519 ' >"$LAB_KEYS/new-host.pub"
  fi
}

. "$LAB_SCRIPTS/board-kind.sh"
