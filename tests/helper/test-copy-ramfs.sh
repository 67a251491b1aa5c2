#!/bin/sh
# SPDX-License-Identifier: MIT
# ramfs mode: staged, decoded on the board, written, damage repaired from the
# staged file; no tunnel from then on.

. "${srcdir:=.}/data-side.sh"
requires nbdkit xz gzip

make_image $((37 * 1048576 + 333))
export FLASH_MODE=ramfs FLASH_ROOT_DISK=yes

# $1: the stored file.
flash_stored ()
{
    echo "stored: $1"
    FLASH_STORED_SIZE=$(wc -c < "$1")
    FLASH_STORED_DIGEST=$(./digest-of "$1")
    make_target $((40 * 1048576))
    TEST_SERVER="nbdkit -s -f -r file $1" run stage
    run write
    check_target
    not_said "text=tunnel"
    said "^verified pass=1 chunks=38 differing=0 repaired=0$"

    # Damage in two places, the second one before the first in the file.
    make_target $((40 * 1048576))
    TEST_AFTER_COPY="printf 'UUUUUUUU' | dd of=$dir/dev/target bs=1 \
        seek=35651584 conv=notrunc,fsync status=none; printf 'UUUUUUUU' |
        dd of=$dir/dev/target bs=1 seek=0 conv=notrunc,fsync status=none" \
        run write
    check_target
    said "^verified pass=1 chunks=38 differing=2 repaired=2$"
    not_said "^test text=thaw"
}

flash_stored "$dir/image"
xz -1 -k -T2 --block-size=4MiB "$dir/image"
flash_stored "$dir/image.xz"
xz -1 -k -c "$dir/image" > "$dir/image-one-block.xz"
flash_stored "$dir/image-one-block.xz"
gzip -1 -k "$dir/image"
flash_stored "$dir/image.gz"
if command -v zstd >/dev/null; then
    zstd -q -k "$dir/image"
    flash_stored "$dir/image.zst"
    zstd -q -c < "$dir/image" > "$dir/image-no-size.zst"
    flash_stored "$dir/image-no-size.zst"
fi
if command -v bzip2 >/dev/null; then
    bzip2 -1 -k "$dir/image"
    flash_stored "$dir/image.bz2"
fi

# A staged file that is damaged: found by its digest.  And if it were damaged
# after that: an error, before the first write or in the middle of it.
cp "$dir/staged" "$dir/staged-good"
printf 'UUUUUUUU' | dd of="$dir/staged" bs=1 seek=9000000 conv=notrunc status=none
make_target $((40 * 1048576))
run_must_fail write
said "^error written="
not_said "^verified"

# Another image than the one that was announced.
xz -1 -c < /dev/null > "$dir/staged"
make_target $((40 * 1048576))
run_must_fail write
said "^error written=no"
