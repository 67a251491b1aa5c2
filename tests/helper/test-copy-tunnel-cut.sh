#!/bin/sh
# SPDX-License-Identifier: MIT
# The quotes within TEST_SERVER are for the sh that runs it.
# shellcheck disable=SC2089,SC2090
# The tunnel breaks again and again: the copy goes on by the next one, and what
# the target has already does not travel twice.

. "${srcdir:=.}/data-side.sh"
requires nbdkit

make_image $((60 * 1048576 + 333))
make_target $((64 * 1048576))

server="nbdkit -s -f -r --filter=log file $dir/image logappend=true"
export TEST_SERVER="$server logfile=$dir/log-last"
# Cut in the handshake, in the first window, in a later one, in the next.
export TEST_SERVER_1="./cut-after 60 \"$server logfile=$dir/log-1\""
export TEST_SERVER_2="./cut-after 3000000 \"$server logfile=$dir/log-2\""
export TEST_SERVER_3="./cut-after 17000000 \"$server logfile=$dir/log-3\""
export TEST_SERVER_4="./cut-after 2500000 \"$server logfile=$dir/log-4\""
run write
check_target
[ "$(grep -c '^waiting offset=' "$dir/out")" -eq 4 ] || fail "not four cuts"
said "^waiting offset=0$"
said "^verified pass=1 .*differing=0"

# Data in all: 60 MiB minus the holes.  Cut four times, at most 8 MiB that were
# in flight are asked for again each time.
bytes=$(sed -n 's/.* Read id=.* count=0x\([0-9a-f]*\).*/0x\1/p' "$dir"/log-* |
        while read -r n; do echo $((n)); done | awk '{ n += $1 } END { print n }')
[ "$bytes" -le $(((31 + 3 * 8 + 1) * 1048576)) ] ||
    fail "$bytes bytes were asked for"

# What arrived is counted, also what a cut made useless, and nothing else.
received=$(sed -n 's/^copied received=\([0-9]*\) .*/\1/p' "$dir/out")
again=$(sed -n 's/^copied .* again=\([0-9]*\)$/\1/p' "$dir/out")
data=$((30 * 1048576 + 333))            # of make_image
[ $((received - again)) -eq $data ] ||
    fail "$((received - again)) bytes were needed instead of $data"
if [ "$again" -le 0 ] || [ "$again" -gt $((3 * 8 * 1048576)) ]; then
    fail "$again bytes came again"
fi

# Cut when nearly all of the first window has come (36 pieces of 256 KiB): only
# the few that are missing are asked for again.
unset TEST_SERVER_2 TEST_SERVER_3 TEST_SERVER_4
make_target $((64 * 1048576))
TEST_SERVER="$server logfile=$dir/log-rest" \
    TEST_SERVER_1="./cut-after 9000000 \"$file_server\"" run write
check_target
again=$(grep -c ' Read id=.* offset=0x[0-9a-f]\{1,6\} count' "$dir/log-rest")
if [ "$again" -lt 1 ] || [ "$again" -gt 6 ]; then
    fail "$again pieces came twice"
fi
unset TEST_SERVER_1

# The last tunnel leads to another image, in the middle of the copy.
export TEST_SERVER_1="./cut-after 20000000 \"$file_server\""
export TEST_SERVER="nbdkit -s -f -r memory 61M"
make_target $((64 * 1048576))
run_must_fail write
said "^error written=partial text=.*instead of"

# A server that reports errors gets another chance, then no more.
export TEST_SERVER="$file_server"
for i in 1 2 3 4; do
    export "TEST_SERVER_$i=nbdkit -s -f -r --filter=error file $dir/image \
        error=EIO error-rate=100% error-pread-rate=100%"
done
make_target $((64 * 1048576))
run write
check_target
said "^note text=the image server can't read its image"
export TEST_SERVER="$TEST_SERVER_1"
make_target $((64 * 1048576))
run_must_fail write
said "^error written=no text=the image server can't read its image"
