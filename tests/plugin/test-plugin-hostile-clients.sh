#!/bin/sh
# SPDX-License-Identifier: MIT
# 32 clients at once that ask for much and go in the middle of it: the server stays
# there for the others, and does not keep what it decoded for those.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip

make_image "$TMP/raw" 24
xz -0 -T2 --block-size=1MiB -c "$TMP/raw" >"$TMP/blocks.xz"
xz -0 -T1 -c "$TMP/raw" >"$TMP/one-block.xz"
gzip -1 -c "$TMP/raw" >"$TMP/image.gz"

# -t 1: nbdkit answers the requests of one connection in turn.  With several threads
# for a connection nbdkit 1.32 itself, whatever the plugin, ends by a failed assertion
# (raw_send_socket) when a client goes while it sends.
#
# 32 connections, each with a request of 1 MiB that nbdkit holds in memory, twice.
limit=$(((64 + 32 * 2 + 64) * 1024))    # KiB

for file in blocks.xz one-block.xz image.gz; do
  start_nbdkit -t 1 "$PLUGIN" "$TMP/$file" cache=64M
  for i in 1 2 3; do
    ./hostile-client leave "$(uri_of disk)" 32 || fail "$file: no connection, time $i"
  done
  nbdcopy "$(uri_of disk)" "$TMP/copy" || fail "$file: no copy afterwards"
  cmp "$TMP/raw" "$TMP/copy" || fail "$file: the copy differs"
  peak=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$NBDKIT_PID/status")
  echo "$file: $((peak / 1024)) MiB"
  [ "$peak" -le "$limit" ] || fail "$file: $peak KiB of memory"
  stop_nbdkit
done
