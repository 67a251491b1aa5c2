#!/bin/sh
# SPDX-License-Identifier: MIT
# A disk of 3 TiB, and an image with data on both sides of 2 TiB: every offset has
# 64 bits.  To be quick, the write goes on from a journal that has come nearly
# there.

. "${srcdir:=.}/data-side.sh"
requires nbdkit losetup
[ "$(id -u)" -eq 0 ] || skip "only root makes loop devices"

mib=1048576
border=$((2 * 1024 * 1024))             # 2 TiB, in MiB
export FLASH_DISK_SIZE=$(((border + 64) * mib + 700)) FLASH_VERIFY=off
export FLASH_TARGET_SIZE=$((3 * 1024 * 1024 * mib))
truncate -s "$FLASH_DISK_SIZE" "$dir/image" || skip "no file of 2 TiB can be made"
truncate -s "$FLASH_TARGET_SIZE" "$dir/disk" || skip "no file of 3 TiB can be made"

# put FILE MIB COUNT: COUNT MiB of noise there
put ()
{
    dd if=/dev/urandom of="$1" bs=1M seek="$2" count="$3" conv=notrunc status=none
}

put "$dir/image" $((border - 20)) 3
put "$dir/image" $((border - 1)) 2      # across it
put "$dir/image" $((border + 50)) 4
printf 'the end' | dd of="$dir/image" bs=1 seek=$((FLASH_DISK_SIZE - 7)) \
    conv=notrunc status=none
# What must become zeroes, at the same places below 2 TiB, which must stay, and
# behind the image.
put "$dir/disk" $((border + 10)) 2
for place in 0 10 50 64 $((border + 66)); do
    put "$dir/disk" "$place" 1
    dd if="$dir/disk" bs=1M skip="$place" count=1 status=none
done > "$dir/before"

loop=$(losetup -f --show "$dir/disk") || { loop=; skip "no loop device"; }
[ "$(blockdev --getsize64 "$loop")" = "$FLASH_TARGET_SIZE" ] ||
    skip "loop devices are not that large here"
ln -s "$loop" "$dir/dev/target"
./journal-at "$dir/journal" $(((border - 32) * mib)) || fail "no journal"
truncate -s $(((border + 65) * 16)) "$dir/digests"
TEST_SERVER="$file_server" run write
said "^note text=going on at offset $(((border - 32) * mib))"
said "^progress phase=copy done=$FLASH_DISK_SIZE total=$FLASH_DISK_SIZE"
said "^state name=verified"

for file in image disk; do
    dd if="$dir/$file" bs=1M skip=$((border - 32)) status=none iflag=fullblock \
        count=96 > "$dir/$file.end"
    dd if="$dir/$file" bs=1 skip=$(((border + 64) * mib)) count=700 status=none \
        >> "$dir/$file.end"
done
cmp "$dir/image.end" "$dir/disk.end" || fail "it is not the image"
for place in 0 10 50 64 $((border + 66)); do
    dd if="$dir/disk" bs=1M skip="$place" count=1 status=none
done > "$dir/after"
cmp "$dir/before" "$dir/after" || fail "something else was written"
