#!/bin/sh
# SPDX-License-Identifier: MIT
# After the read-back the old file system changes its superblock (here: a file's
# first chunk stands for it): the last look before the reboot finds and cures it,
# from RAM, without a source.

. "${srcdir:=.}/data-side.sh"
requires nbdkit

export FLASH_ROOT_DISK=yes
make_image $((5 * 1048576 + 333))
make_target $((8 * 1048576))
TEST_SERVER="$file_server" run write
check_target

# Nothing has changed.
run settle
said "^test text=freeze-network"
check_target

# An error count, as ext4 writes it at 1024 + 0x194.
printf '\125' | dd of="$dir/dev/target" bs=1 seek=1428 conv=notrunc status=none
cmp -s -n 4096 "$dir/image" "$dir/dev/target" && fail "nothing was changed"
run settle
check_target

# A medium that does not keep it, or somebody who goes on: an error, and the
# others run again.
cat > "$dir/dd-flipping" << END
#!/bin/sh
$(command -v dd) "\$@" || exit
printf '\\125' | $(command -v dd) of=$dir/dev/target bs=1 seek=1428 \
    conv=notrunc,fsync status=none
END
chmod +x "$dir/dd-flipping"
printf '\125' | dd of="$dir/dev/target" bs=1 seek=1428 conv=notrunc status=none
FLASH_DD="$dir/dd-flipping" run_must_fail settle
said "^error written=yes text=.*goes on writing"
said "^test text=thaw-network"

# What was kept is damaged: not written to the disk.
printf '\125' | dd of="$dir/heads" bs=1 seek=5 conv=notrunc status=none
run_must_fail settle
said "^error written=yes text=the kept content"

# The RAM root fills up while the image is copied: what is needed later has its
# room.
mkdir "$dir/small"
mount -t tmpfs -o size=8m tmpfs "$dir/small" 2> /dev/null ||
    skip "no tmpfs can be mounted"
mkdir "$dir/small/bin" "$dir/small/dev"
ln -s "$dir/dev/target" "$dir/small/dev/target"
ln -s "$dir/bin/dd" "$dir/small/bin/dd"
make_target $((8 * 1048576))
FLASH_DIR="$dir/small" TEST_SERVER="$file_server" \
    TEST_AFTER_COPY="cat /dev/zero > '$dir/small/filler' 2> /dev/null || :" \
    run write
[ -s "$dir/small/filler" ] || fail "the RAM root is not full"
FLASH_DIR="$dir/small" run settle
check_target
