#!/bin/sh
# SPDX-License-Identifier: MIT
# The tunnel: one channel carries one NBD connection, then makes room for another.
# The whole flash.sh, in stream mode, onto a disk that is not the root disk.

. "$(dirname -- "$0")/session-side.sh"
requires nbdkit --version
enter_sandbox "$@"
size=8388608
make_disk $size
head -c $size /dev/urandom >"$scratch/image"
# Something to skip and to zero.
dd if=/dev/zero of="$scratch/image" bs=65536 seek=16 count=32 conv=notrunc \
  2>/dev/null
head -c $size /dev/urandom >"$disk_file"
make_session_file mode=stream

serve="nbdkit --single --readonly file $scratch/image"

deploy "$helper_dir/flash.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
# shellcheck disable=SC2086 # words
attach a $serve
expect_record a '^FLR1 phase name=rehearse$'

echo "# the rehearsal uses the first channel up; its attach ends well"
wait_until 20 [ -s "$scratch/a.exit" ] ||
  fail "the first channel is still there: $(cat "$scratch/records.a")"
[ "$(cat "$scratch/a.exit")" = 0 ] || fail "attach ended with $(cat "$scratch/a.exit")"
request status | grep -q 'state=ready attached=no' ||
  fail "status: $(request status) $(cat "$scratch/records.a")"

echo "# no go without a channel for the write"
request go $session_id 2>"$scratch/err" && fail "go without a channel"
grep -q 'no unused channel' "$scratch/err" || fail "go: $(cat "$scratch/err")"

echo "# the second channel carries the write"
# shellcheck disable=SC2086
attach b $serve
expect_record b '^FLR1 hello .* state=ready$'
expect_record b '^FLR1 ready$'
[ "$(request go $session_id)" = ok ] || fail "go"
wait_until 40 has_record b '^FLR1 end ' ||
  fail "no end: $(cat "$scratch/records.b" "$scratch/b.server")"
expect_record b '^FLR1 phase name=copy$'
expect_record b '^FLR1 phase name=read-back$'
expect_record b '^FLR1 verified '
expect_record b '^FLR1 end result=done written=yes$'
[ "$(grep -c 'phase name=copy' "$scratch/records.b")" = 1 ] ||
  fail "a phase is said twice"
hang_up b
expect_clean
cmp "$scratch/image" "$disk_file" || fail "the disk is not the image"
