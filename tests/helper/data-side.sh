# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# For the shell tests of the data side; to be sourced.

set -eu

skip ()
{
    echo "SKIP: $*"
    exit 77
}

fail ()
{
    echo "FAIL: $*" >&2
    for f in "$dir"/out*; do
        if [ -f "$f" ]; then echo "-- $f" >&2; tail -n 40 "$f" >&2; fi
    done
    exit 1
}

requires ()
{
    for tool; do
        command -v "$tool" > /dev/null || skip "$tool is missing"
    done
}

# A RAM root of its own, removed at the end; in RAM, where there is room.
place=${TMPDIR:-/tmp}
room=$(df -P -k /dev/shm 2> /dev/null | awk 'NR == 2 { print $4 }')
if [ -w /dev/shm ] && [ "${room:-0}" -gt 600000 ]; then place=/dev/shm; fi
dir=$(mktemp -d "$place/flr-data.XXXXXX")
loop=
cleanup ()
{
    if [ -n "$loop" ]; then losetup -d "$loop"; fi
    if [ -d "$dir/small" ]; then umount "$dir/small" 2> /dev/null || :; fi
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
mkdir "$dir/dev" "$dir/bin"
ln -s "$(command -v dd)" "$dir/bin/dd"

export FLASH_DIR="$dir"
export FLASH_SESSION=0123456789abcdef FLASH_MODE=stream FLASH_ROOT_DISK=no
export FLASH_STORED_SIZE=1 FLASH_STORED_DIGEST=00000000000000000000000000000000
export FLASH_IMAGE=test.img FLASH_REBOOT=yes FLASH_VERIFY=full
export FLASH_TARGET_NAME=the-target FLASH_PATCH=none

# An image of $1 bytes in $dir/image: data, a hole of several MiB when it is
# large enough, single zero chunks, data up to the last byte.
make_image ()
{
    rm -f "$dir/image"
    truncate -s "$1" "$dir/image"
    mib=$(($1 / 1048576))
    i=0
    while [ $i -lt $mib ]; do
        case $((i % 12)) in
            0 | 1 | 2 | 4 | 5 | 11)
                dd if=/dev/urandom of="$dir/image" bs=1M count=1 seek=$i \
                   conv=notrunc status=none ;;
        esac
        i=$((i + 1))
    done
    head -c $(($1 - mib * 1048576)) /dev/urandom |
        dd of="$dir/image" bs=1M seek=$mib conv=notrunc status=none
    export FLASH_DISK_SIZE="$1"
}

# A target of $1 bytes, full of something that must not shine through.
make_target ()
{
    rm -f "$dir/dev/target" "$dir/journal" "$dir/digests" "$dir/received" \
        "$dir/first-chunk"
    head -c "$1" /dev/zero | tr '\0' '\252' > "$dir/dev/target"
    export FLASH_TARGET_SIZE="$1"
}

# The target's first bytes are the image, the rest is as it was.
check_target ()
{
    cmp -n "$FLASH_DISK_SIZE" "$dir/image" "$dir/dev/target" ||
        fail "the target differs from the image"
    rest=$(tail -c +$((FLASH_DISK_SIZE + 1)) "$dir/dev/target" |
           tr -d '\252' | wc -c)
    [ "$rest" -eq 0 ] || fail "$rest bytes behind the image were touched"
}

# $1: the command; its records go to $dir/out.
run ()
{
    ./data-side "$1" > "$dir/out" 2> "$dir/out.stderr" ||
        fail "$1 failed with status $?"
}

run_must_fail ()
{
    if ./data-side "$1" > "$dir/out" 2> "$dir/out.stderr"; then
        fail "$1 should have failed"
    fi
}

said ()
{
    grep -q -e "$1" "$dir/out" || fail "not said: $1"
}

not_said ()
{
    if grep -q -e "$1" "$dir/out"; then fail "said: $1"; fi
}

file_server="nbdkit -s -f -r file $dir/image"
