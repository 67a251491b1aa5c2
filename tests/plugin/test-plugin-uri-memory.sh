#!/bin/sh
# SPDX-License-Identifier: MIT
# uri=: the peak of nbdkit's memory with cache=64M, as for a file: 64 MiB, and 48 MiB
# for the program, its threads' stacks, and the requests of both sides.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
# shellcheck source=uri-functions.sh
. "$srcdir/uri-functions.sh"
require xz gzip

limit=$(((64 + 48) * 1024))     # KiB
cd "$TMP"
seq 1 99999999 | head -c 150000000 >raw
head -c 150000000 /dev/urandom >>raw
xz -0 -T2 --block-size=8MiB -c raw >blocks.xz
gzip -1 -c raw >one.gz

check_memory ()         # check_memory ARGS... of the server
{
  start_server "$@"
  start_front uri="$(server_uri)" cache=64M tmpdir="$TMP"
  nbdcopy --connections=4 "$(uri_of disk)" null: || fail "$*: not copied"
  nbdcopy "$(uri_of disk)" null: || fail "$*: not copied again"
  nbdcopy "$(uri_of stored)" null: || fail "$*: stored not copied"
  integrity_text | grep -q '^state=intact' || fail "$*: not intact"
  peak=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$NBDKIT_PID/status")
  echo "$*: $((peak / 1024)) MiB"
  [ "$peak" -le "$limit" ] || fail "$*: $peak KiB of memory"
  stop_nbdkit
  stop_server
}

check_memory file raw
check_memory file blocks.xz
check_memory file one.gz
check_memory "$PLUGIN" file=blocks.xz
