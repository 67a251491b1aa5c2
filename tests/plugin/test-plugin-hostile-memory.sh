#!/bin/sh
# SPDX-License-Identifier: MIT
# The peak of nbdkit's memory with cache=64M, whatever the image: 64 MiB, and 32 MiB
# for the program, its threads' stacks and their requests.  (Without Blocks that
# alone need more: see the man page.)
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip

limit=$(((64 + 32) * 1024))     # KiB

# repeat FILE TIMES: FILE doubled so often
repeat ()
{
  i=0
  while [ "$i" -lt "$2" ]; do
    cat "$1" "$1" >"$TMP/twice"
    mv "$TMP/twice" "$1"
    i=$((i + 1))
  done
}

check_memory ()         # check_memory FILE
{
  start_nbdkit "$PLUGIN" "$1" cache=64M tmpdir="$TMP"
  nbdcopy --connections=4 "$(uri_of disk)" null: || fail "$1: not copied"
  nbdcopy "$(uri_of disk)" null: || fail "$1: not copied again"
  integrity_text | grep -q '^state=intact' || fail "$1: not intact"
  peak=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$NBDKIT_PID/status")
  echo "$(basename "$1"): $((peak / 1024)) MiB"
  [ "$peak" -le "$limit" ] || fail "$1: $peak KiB of memory"
  stop_nbdkit
}

head -c 120000000 /dev/zero | gzip -1 >"$TMP/bomb.gz"
head -c 120000000 /dev/zero | xz -0 -T1 >"$TMP/bomb-one-block.xz"
head -c 120000000 /dev/zero | xz -0 -T2 --block-size=8MiB >"$TMP/bomb-blocks.xz"
seq 20 | gzip -9 >"$TMP/members.gz"
repeat "$TMP/members.gz" 14     # 16,384 members
seq 20 | xz -0 >"$TMP/streams.xz"
repeat "$TMP/streams.xz" 12     # 4,096 Streams

for file in bomb.gz bomb-one-block.xz bomb-blocks.xz members.gz streams.xz; do
  check_memory "$TMP/$file"
done
