#!/bin/sh
# SPDX-License-Identifier: MIT
# The quotes within TEST_AFTER_COPY are for the sh that runs it.
# shellcheck disable=SC2089,SC2090
# verify=sample reads some chunks, and all as soon as one of them differs;
# verify=off reads none, and says so.

. "${srcdir:=.}/data-side.sh"
requires nbdkit

export TEST_SERVER="$file_server" FLASH_ROOT_DISK=yes FLASH_VERIFY=sample
make_image $((70 * 1048576 + 333))

# Change the byte at $1 after the copy.
change ()
{
    TEST_AFTER_COPY="printf '\\125' | dd of=$dir/dev/target bs=1 seek=$1 \
        conv=notrunc,fsync status=none"
    export TEST_AFTER_COPY
    make_target $((72 * 1048576))
}

make_target $((72 * 1048576))
run write
check_target
[ "$(grep -c '^verified ' "$dir/out")" -eq 1 ] || fail "more than one pass"
said "^verified pass=1 chunks=\(19\|20\|21\) differing=0 repaired=0 of=71$"
said "^test text=freeze"

# In the first sixteen, and in the last.
for offset in $((15 * 1048576 + 7)) $((FLASH_DISK_SIZE - 1)); do
    change "$offset"
    run write
    check_target
    said "^note text=the sample holds chunks that differ"
    said "^verified pass=1 chunks=71 differing=1 repaired=1$"
    said "^verified pass=2 chunks=71 differing=0 repaired=0$"
done

# All is read then, so that changes which no sample meets are repaired as well.
change 7
TEST_AFTER_COPY="$TEST_AFTER_COPY; head -c 10485760 /dev/urandom | dd \
    of=$dir/dev/target bs=1M seek=20 conv=notrunc,fsync status=none"
run write
check_target
said "^verified pass=1 chunks=71 differing=11 repaired=11$"

# Nothing is read: a change stays, except in the heads that settle looks at.
change $((20 * 1048576))
FLASH_VERIFY=off run write
not_said "^verified"
said "^note text=nothing is read back"
said "^state name=verified"
if cmp -s -n "$FLASH_DISK_SIZE" "$dir/image" "$dir/dev/target"; then
    fail "verify=off has read something"
fi
change 3
FLASH_VERIFY=off run write
run settle
check_target

FLASH_VERIFY=perhaps run_must_fail write
said "FLASH_VERIFY"
