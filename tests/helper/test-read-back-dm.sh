#!/bin/sh
# SPDX-License-Identifier: MIT
# Disks made by the device mapper: one that drops what is written to it, silently,
# and one with a bad place.  Neither is ever called verified.

. "${srcdir:=.}/data-side.sh"
requires nbdkit losetup dmsetup
dmsetup targets > "$dir/targets" 2> /dev/null ||
    skip "this kernel has no device mapper"
for t in flakey linear error; do
    grep -q "^$t " "$dir/targets" || modprobe -q "dm-$t" ||
        skip "this kernel has no dm-$t"
done

dm=flr-test-$$
mapped=
cleanup_dm ()
{
    if [ -n "$mapped" ]; then dmsetup remove "$dm"; fi
    mapped=
}
trap 'cleanup_dm; cleanup' EXIT

# The lines of the table, in sectors, are stdin.
map ()
{
    dmsetup create "$dm" || skip "no mapped device can be made"
    mapped=yes
    dmsetup mknodes "$dm" || skip "no node for the mapped device"
    ln -sf "/dev/mapper/$dm" "$dir/dev/target"
    rm -f "$dir/journal"
}

export TEST_SERVER="$file_server" FLASH_TARGET_SIZE=$((8 * 1048576))
make_image $((6 * 1048576 + 333))
truncate -s "$FLASH_TARGET_SIZE" "$dir/disk"
loop=$(losetup --find --show "$dir/disk" 2> /dev/null) || skip "no loop device"

map << END
0 16384 flakey $loop 0 0 3600 1 drop_writes
END
run_must_fail write
said "^verified pass=5 "
said "^error written=partial text=after 4 rewrites "
not_said "state name=verified"
cleanup_dm

map << END
0 4096 linear $loop 0
4096 8 error
4104 12280 linear $loop 4104
END
run_must_fail write
said "^error written=partial text=.* 1048576 bytes at offset 2097152, tried 4 times"
not_said "state name=verified"
