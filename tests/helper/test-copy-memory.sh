#!/bin/sh
# SPDX-License-Identifier: MIT
# In stream mode the write stays under 48 MiB, however large the image.

. "${srcdir:=.}/data-side.sh"
requires nbdkit

export TEST_PEAK=1 FLASH_DISK_SIZE=$((200 * 1048576))
export TEST_SERVER="nbdkit -s -f -r pattern $FLASH_DISK_SIZE"
truncate -s $((200 * 1048576)) "$dir/dev/target"
export FLASH_TARGET_SIZE="$FLASH_DISK_SIZE"
run write
peak=$(sed -n 's/^peak //p' "$dir/out")
echo "peak: $peak KiB"
[ "$peak" -lt $((48 * 1024)) ] || fail "$peak KiB"
