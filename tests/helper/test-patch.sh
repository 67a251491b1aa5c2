#!/bin/sh
# SPDX-License-Identifier: MIT
# The quotes within TEST_SERVER are for the sh that runs it.
# shellcheck disable=SC2089,SC2090
# A patch is laid over what is read, from the tunnel and from the staged file: in data,
# in holes, over the bounds of chunks and windows, up to the last byte; what is
# repaired has it, too.  A patch that is not the session's ends it before the write.

. "${srcdir:=.}/data-side.sh"
requires nbdkit xz python3

make_image $((37 * 1048576 + 333))
cp "$dir/image" "$dir/pure"
hole=$((7 * 1048576 + 5000))
FLASH_PATCH=$(./make-patch "$dir/patch" "$FLASH_DISK_SIZE" \
    446 16  1048570 20  $hole 3000  $((12 * 1048576 - 1)) 2 \
    $((16 * 1048576 - 4096)) 8192  20971520 1048576  $((FLASH_DISK_SIZE - 1)) 1)
export FLASH_PATCH
python3 "$srcdir/../apply-patch.py" "$dir/patch" "$dir/image"
! cmp -s "$dir/image" "$dir/pure" || fail "the patch changes nothing"
pure_server="nbdkit -s -f -r file $dir/pure"
damage_hole="printf '\\125' | dd of=$dir/dev/target bs=1 seek=$hole \
    conv=notrunc,fsync status=none"

echo "# stream"
export TEST_SERVER="$pure_server"
make_target $((40 * 1048576))
run rehearse
run write
check_target
said "^verified pass=1 chunks=38 differing=0 repaired=0$"

echo "# stream, with cuts"
make_target $((40 * 1048576))
TEST_SERVER_1="./cut-after 3000000 \"$pure_server\"" \
    TEST_SERVER_2="./cut-after 9000000 \"$pure_server\"" run write
check_target
[ "$(grep -c '^waiting offset=' "$dir/out")" -eq 2 ] || fail "not two cuts"

echo "# stream, a patched chunk is repaired"
make_target $((40 * 1048576))
TEST_AFTER_COPY="$damage_hole" run write
check_target
said "^verified pass=1 chunks=38 differing=1 repaired=1$"

echo "# ramfs"
xz -1 -k -T2 --block-size=4MiB "$dir/pure"
export FLASH_MODE=ramfs
FLASH_STORED_SIZE=$(wc -c < "$dir/pure.xz")
FLASH_STORED_DIGEST=$(./digest-of "$dir/pure.xz")
make_target $((40 * 1048576))
TEST_SERVER="nbdkit -s -f -r file $dir/pure.xz" run stage
TEST_AFTER_COPY="$damage_hole" run write
check_target
said "^verified pass=1 chunks=38 differing=1 repaired=1$"
said "^verified pass=2 chunks=38 differing=0 repaired=0$"

# must_refuse REGEX: neither the rehearsal nor a write goes on with it.
must_refuse ()
{
    make_target $((40 * 1048576))
    run_must_fail rehearse
    said "^error .*text=.*$1"
    run_must_fail write
    said "^error written=no text=.*$1"
    [ -z "$(tr -d '\252' < "$dir/dev/target" | head -c 1)" ] || fail "written: $1"
}

echo "# not the one of the session"
cp "$dir/patch" "$dir/good"
./make-patch "$dir/patch" "$FLASH_DISK_SIZE" 446 16 > /dev/null
must_refuse "not the one of this session"
./make-patch "$dir/patch" $((FLASH_DISK_SIZE + 1)) 446 16 > /dev/null
must_refuse "made for another image"
cp "$dir/good" "$dir/patch"
printf 'X' | dd of="$dir/patch" bs=1 seek=400 conv=notrunc status=none
must_refuse "damaged"
: > "$dir/patch"
must_refuse "no patch has this size"
rm "$dir/patch"
must_refuse "No such file"

echo "# without one, a file that is there means nothing"
echo nonsense > "$dir/patch"
cp "$dir/pure" "$dir/image"
export FLASH_PATCH=none
make_target $((40 * 1048576))
run write
check_target
