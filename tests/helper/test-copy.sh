#!/bin/sh
# SPDX-License-Identifier: MIT
# Images of every awkward size arrive exact to the byte, holes as zeroes, and
# nothing behind their end is touched; the records tell the story in order.

. "${srcdir:=.}/data-side.sh"
requires nbdkit

export TEST_SERVER="$file_server"
for size in 1 512 4095 1048576 1048577 $((3 * 1048576 + 511)) \
            $((16 * 1048576)) $((16 * 1048576 + 1)) $((35 * 1048576 + 4096))
do
    make_image "$size"
    make_target $((size + 100000))
    run write
    check_target
    said "^progress phase=copy done=$size total=$size zeroed="
done

# A larger one: order of the records, zeroes counted, no data through a hole.
make_image $((50 * 1048576 + 333))
make_target $((60 * 1048576))
export TEST_SERVER="nbdkit -s -f -r --filter=log file $dir/image \
    logfile=$dir/log"
run write
check_target
said "zeroed=$((24 * 1048576)) source-wait="
order=$(sed -n -e 's/^phase name=\(.*\)/\1/p' -e 's/^state name=\(.*\)/\1/p' \
            -e 's/^\(verified\) .*/\1/p' "$dir/out" | tr '\n' ' ')
[ "$order" = "copy writing read-back verified verified " ] ||
    fail "order: $order"
said "^verified pass=1 chunks=51 differing=0 repaired=0$"
# Data chunks only: 26 MiB and the tail, not 50 (extents count in 64 KiB).
bytes=$(sed -n 's/.* Read id=.* count=0x\([0-9a-f]*\).*/0x\1/p' "$dir/log" |
        while read -r n; do echo $((n)); done | awk '{ n += $1 } END { print n }')
[ "$bytes" -le $((27 * 1048576)) ] || fail "$bytes bytes were read"

# A target of another size, one that is too small, one that is no disk.
make_target $((51 * 1048576))
FLASH_TARGET_SIZE=$((52 * 1048576)) run_must_fail write
said "^error written=no text=.*not the disk"
make_target $((50 * 1048576))
run_must_fail write
said "^error written=no text=.*does not fit"
rm "$dir/dev/target"
mkfifo "$dir/dev/target"
run_must_fail write
said "^error written=no text=.*no block device"
