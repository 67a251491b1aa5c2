#!/bin/sh
# SPDX-License-Identifier: MIT
# Real block devices, with sectors of 512 and 4096 bytes: loop devices over a
# file of ours.

. "${srcdir:=.}/data-side.sh"
requires nbdkit losetup
[ "$(id -u)" -eq 0 ] || skip "only root makes loop devices"

# The dd of the boards, which leaves no mistake with direct I/O unpunished.
if command -v busybox > /dev/null; then
    ln -s "$(command -v busybox)" "$dir/bin/busybox"
    ln -sf busybox "$dir/bin/dd"
fi

for sector in 512 4096; do
    make_image $((37 * 1048576 + 5 * 512 + 3))
    make_target $((40 * 1048576))
    mv "$dir/dev/target" "$dir/disk"
    loop=$(losetup -b "$sector" -f --show "$dir/disk" 2> "$dir/out-losetup") ||
        { loop=; skip "no loop device: $(cat "$dir/out-losetup")"; }
    [ "$(blockdev --getss "$loop")" -eq "$sector" ] || skip "sectors stay 512"
    ln -s "$loop" "$dir/dev/target"
    export TEST_SERVER="$file_server"
    run rehearse
    run write
    said "^verified pass=1 chunks=38 differing=0"
    not_said "refuses direct I/O"

    # Again, with damage in the backing file, below the device's cache.
    rm "$dir/journal"
    TEST_AFTER_COPY="printf '\\125' | dd of=$dir/disk bs=1 seek=18000001 \
        conv=notrunc,fsync status=none" run write
    said "^verified pass=1 chunks=38 differing=1 repaired=1"
    said "^verified pass=2 chunks=38 differing=0"

    losetup -d "$loop"
    loop=
    rm "$dir/dev/target"
    mv "$dir/disk" "$dir/dev/target"
    check_target
done
