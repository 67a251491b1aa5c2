#!/bin/sh
# SPDX-License-Identifier: MIT
# The quotes within TEST_SERVER are for the sh that runs it.
# shellcheck disable=SC2089,SC2090
# Staging: the stored image arrives through broken tunnels, is proven by its
# digest, and a RAM root that is too small says what to do.

. "${srcdir:=.}/data-side.sh"
requires nbdkit

export FLASH_MODE=ramfs FLASH_DISK_SIZE=1000 FLASH_TARGET_SIZE=1000
head -c $((21 * 1048576 + 777)) /dev/urandom > "$dir/image"
FLASH_STORED_SIZE=$((21 * 1048576 + 777))
FLASH_STORED_DIGEST=$(./digest-of "$dir/image")
export TEST_SERVER="$file_server"

run stage
cmp "$dir/image" "$dir/staged" || fail "the staged file differs"
said "^staged size=$FLASH_STORED_SIZE digest=$FLASH_STORED_DIGEST$"
said "^progress phase=stage done=$FLASH_STORED_SIZE total=$FLASH_STORED_SIZE$"

bytes_read ()
{
    sed -n 's/.* Read id=.* count=0x\([0-9a-f]*\).*/0x\1/p' "$dir/log" |
        while read -r n; do echo $((n)); done |
        awk '{ n += $1 } END { print n }'
}

# Over an old, longer one; the tunnel breaks twice, what came is kept.  One thread, so
# that the first answer does not come last, behind the cut.
head -c $((30 * 1048576)) /dev/urandom > "$dir/staged"
rm "$dir/staged-bytes"
server="nbdkit -s -f -r -t 1 --filter=log file $dir/image logappend=true \
    logfile=$dir/log"
TEST_SERVER="$server" TEST_SERVER_1="./cut-after 5000000 \"$server\"" \
    TEST_SERVER_2="./cut-after 10000000 \"$server\"" run stage
cmp "$dir/image" "$dir/staged" || fail "the staged file differs"
[ "$(grep -c '^waiting offset=[1-9]' "$dir/out")" -eq 2 ] || fail "not two cuts"
[ "$(bytes_read)" -le $(((22 + 16) * 1048576)) ] ||
    fail "$(bytes_read) bytes were asked for"

# What a stage that was killed has left: gone on with.
truncate -s $((12 * 1048576)) "$dir/staged"
printf '%020d\n' $((10 * 1048576)) > "$dir/staged-bytes"
rm "$dir/log"
TEST_SERVER="$server" run stage
cmp "$dir/image" "$dir/staged" || fail "the staged file differs"
[ "$(bytes_read)" -eq $((FLASH_STORED_SIZE - 10 * 1048576)) ] ||
    fail "$(bytes_read) bytes were read"
said "^progress phase=stage done=10485760 "
not_said "staging it anew"

# All of it: only the proof is missing.
rm "$dir/log"
TEST_SERVER="$server" run stage
[ ! -e "$dir/log" ] || fail "it was fetched again"
said "^staged size=$FLASH_STORED_SIZE digest=$FLASH_STORED_DIGEST$"

# What is there is not what it should be: once more from the start.
printf X | dd of="$dir/staged" bs=1 seek=12345 conv=notrunc status=none
truncate -s $((12 * 1048576)) "$dir/staged"
printf '%020d\n' $((12 * 1048576)) > "$dir/staged-bytes"
run stage
said "staging it anew"
cmp "$dir/image" "$dir/staged" || fail "the staged file differs"
[ "$(grep -c '^staged ' "$dir/out")" -eq 1 ] || fail "the wrong digest was said"

# A record that claims too much, and one that is none.
for record in 00000000000099999999 0000000000001048576x; do
    head -c 2000000 "$dir/image" > "$dir/staged"
    echo "$record" > "$dir/staged-bytes"
    run stage
    cmp "$dir/image" "$dir/staged" || fail "the staged file differs"
    not_said "staging it anew"
done
rm "$dir/staged-bytes"

# Another image of the same size.
FLASH_STORED_DIGEST=0123456789abcdef0123456789abcdef run_must_fail stage
said "^staged size="
said "^error written=no text=the staged image differs"

# Another size.
FLASH_STORED_SIZE=$((FLASH_STORED_SIZE - 1)) run_must_fail stage
said "^error written=no text=.*this is not the image"

# More than there is room for.
room=$(df -P -k "$dir" | awk 'NR == 2 { print $4 }')
FLASH_STORED_SIZE=$(((room + 1000000) * 1024)) run_must_fail stage
said "^error written=no text=the RAM root is full at byte .*use --stream"
not_said "text=tunnel"

# Something else fills the room in the middle.
if [ "$(id -u)" -eq 0 ] && mkdir "$dir/small" &&
   mount -t tmpfs -o size=12M tmpfs "$dir/small" 2> /dev/null; then
    small="$dir/small"
    head -c 10000000 "$dir/image" > "$dir/image-small"
    FLASH_DIR="$small" FLASH_STORED_SIZE=10000000 \
        TEST_SERVER="head -c 5000000 /dev/zero > $small/other; \
            nbdkit -s -f -r file $dir/image-small" run_must_fail stage
    umount "$small"
    said "^error written=no text=the RAM root is full at byte [0-9]* of 10000000"
fi

# An image that stays where it lies, on the board itself: proven, nothing fetched; one
# that differs is refused, and never changed.
true > "$dir/staged-in-place"
rm -f "$dir/log"
cp "$dir/image" "$dir/staged"
chmod 400 "$dir/staged"
TEST_SERVER="$server" run stage
[ ! -e "$dir/log" ] || fail "it was fetched"
said "^staged size=$FLASH_STORED_SIZE digest=$FLASH_STORED_DIGEST$"
printf X | dd of="$dir/staged" bs=1 seek=12345 conv=notrunc status=none
cp "$dir/staged" "$dir/changed"
run_must_fail stage
said "^error written=no text=the staged image differs"
cmp "$dir/changed" "$dir/staged" || fail "the image was changed"
truncate -s 1000 "$dir/staged"
run_must_fail stage
said "^error written=no text=the image has 1000 bytes now"
[ "$(stat -c %s "$dir/staged")" -eq 1000 ] || fail "the image was changed"
