#!/bin/sh
# SPDX-License-Identifier: MIT
# Whatever is killed or fails between the first byte staged and the last one
# written: the session goes on from what it has, and the disk becomes the image.
# The whole flash.sh; the disk is not the root disk.

. "$(dirname -- "$0")/session-side.sh"
requires nbdkit --version
[ -x ./digest-of ] || skip "digest-of is not built"
enter_sandbox "$@"
size=$((48 * 1048576))
make_disk $size
head -c $size /dev/urandom >"$scratch/image"
digest=$(./digest-of "$scratch/image")
RAM_SIZE=$((160 * 1048576))

# 24 MB a second, and a log of what was read.
serve="nbdkit --single --readonly --filter=log --filter=rate file \
$scratch/image rate=192M burstiness=0.2 logfile=$scratch/log logappend=true"

# Within the session, where numbers of processes are those of the sandbox.
kill_helper ()
{
  pid=$(pgrep -f -x "flash-helper $1") || fail "$1 does not run"
  kill -9 "$pid"
}

# Client $1 has said progress of phase $2 of $3 bytes at least.
has_progress ()
{
  sed -n "s/^FLR1 progress phase=$2 done=\([0-9]*\) .*/\1/p" \
    "$scratch/records.$1" | tail -n 1 |
    { read -r bytes && [ "$bytes" -ge "$3" ]; }
}

start_flash ()
{
  make_session_file "mode=$1" "stored-digest=$digest"
  head -c $size /dev/zero >"$disk_file"
  rm -f "$scratch"/*.exit
  deploy "$helper_dir/flash.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
  # shellcheck disable=SC2086 # words
  attach a $serve
}

expect_image ()
{
  cmp "$scratch/image" "$disk_file" || fail "the disk is not the image"
}

echo "# staging is killed: it goes on from what it has"
start_flash ramfs
wait_until 20 has_progress a stage 12000000 || fail "no staging"
kill_helper stage
expect_record a 'text=staging%20was%20killed%20by%20signal%209'
wait_until 20 [ -s "$scratch/a.exit" ] || fail "the channel is not given back"
# shellcheck disable=SC2086
attach b $serve
wait_until 30 has_record b '^FLR1 ready$' ||
  fail "not ready: $(cat "$scratch/records.b")"
expect_record b "^FLR1 staged size=$size digest=$digest\$"
read_bytes=$(sed -n 's/.* Read id=.* count=0x\([0-9a-f]*\).*/0x\1/p' \
  "$scratch/log" | while read -r n; do echo $((n)); done |
  awk '{ n += $1 } END { print n }')
[ "$read_bytes" -ge $size ] && [ "$read_bytes" -le $((size + 8388608)) ] ||
  fail "$read_bytes bytes were read for $size"
has_record b 'progress phase=stage done=0' && fail "it started from zero"

echo "# the writer is killed, then flash.sh, then dd fails: go tries again"
# A dd that can be held, and can fail, behind the second window.
rm "$ram_root/bin/dd"
cat >"$ram_root/bin/dd" <<'END'
#!/bin/busybox sh
case " $* " in
  *" seek=33554432 "*)
    while [ -e /hold-dd ]; do busybox sleep 0.1; done
    if [ -e /fail-dd ]; then echo "a bad card" >&2; exit 1; fi
    ;;
esac
exec busybox dd "$@"
END
chmod 755 "$ram_root/bin/dd"
touch "$ram_root/hold-dd"
request go $session_id >/dev/null || fail "go"
wait_until 20 pgrep -f seek=33554432 >/dev/null || fail "no copy"
kill_helper write
expect_record b 'text=the%20writer%20was%20killed%20by%20signal%209'
expect_record b 'text=going%20on%20at%20offset%2033554432'
script=$(pgrep -f -x 'busybox sh /flash.sh')
writer=$(pgrep -f -x 'flash-helper write')
kill -9 "$script"
expect_record b 'text=flash.sh%20was%20killed%20by%20signal%209'
wait_until 10 [ ! -d "/proc/$writer" ] || fail "the old writer lives on"
touch "$ram_root/fail-dd"
rm "$ram_root/hold-dd"
# It is tried a few times.
wait_until 30 has_record b '^FLR1 state name=stopped$' ||
  fail "not stopped: $(cat "$scratch/records.b")"
expect_record b '^FLR1 error text=.*bad%20card.* written=partial$'
hang_up b
request status | grep -q 'state=stopped .* phase=copy done=3[0-9]*' ||
  fail "status: $(request status)"
rm "$ram_root/fail-dd"
attach c
expect_record c '^FLR1 hello .* state=stopped$'
[ "$(request go $session_id)" = ok ] || fail "go"
wait_until 30 has_record c '^FLR1 end result=done written=yes$' ||
  fail "no end: $(cat "$scratch/records.c")"
hang_up c
expect_clean
expect_image

echo "# a stream whose writer is killed takes another channel"
start_flash stream
wait_until 20 [ -s "$scratch/a.exit" ] || fail "the rehearsal keeps its channel"
# shellcheck disable=SC2086
attach b $serve
expect_record b '^FLR1 ready$'
request go $session_id >/dev/null || fail "go"
wait_until 20 has_progress b copy 15000000 || fail "no copy"
kill_helper write
expect_record b 'text=the%20writer%20was%20killed%20by%20signal%209'
wait_until 20 [ -s "$scratch/b.exit" ] || fail "the channel is not given back"
# shellcheck disable=SC2086
attach c $serve
wait_until 30 has_record c '^FLR1 end result=done written=yes$' ||
  fail "no end: $(cat "$scratch/records.c")"
expect_record c 'text=going%20on%20at%20offset%20[1-9]'
hang_up c
expect_clean
expect_image
