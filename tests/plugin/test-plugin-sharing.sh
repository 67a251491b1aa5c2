#!/bin/sh
# SPDX-License-Identifier: MIT
# All connections to a file share one image, also one after the other, and all
# images share one memory; an image that is replaced while it is served goes on for
# those who have it open.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz mkfifo

hold=$PWD/hold-connections
cd "$TMP"
make_image raw 8
mkdir images
xz -0 -T2 --block-size=1MiB -c raw >images/a.img.xz
blocks=9

start_nbdkit -v -D flashimage.cache=1 "$PLUGIN" dir=images index=none
copies=
for i in 1 2 3; do
  nbdcopy "$(uri_of a.img.xz)" copy$i &
  copies="$copies $!"
done
for pid in $copies; do
  wait "$pid" || fail "nbdcopy"
done
nbdcopy "$(uri_of a.img.xz)" copy4 || fail "nbdcopy"
for i in 1 2 3 4; do
  cmp raw copy$i || fail "copy $i differs"
done
# A connection that reads nothing finds what the others have decoded.
nbdinfo --size "$(uri_of a.img.xz)" >/dev/null
last_decoded_all ()
{
  sed -n 's/.*cache: .*decoded=\([0-9]*\).*/\1/p' "$TMP/log" | tail -n 1 |
    grep -qx "$blocks"
}
retry 5 last_decoded_all || fail "the image was not shared: $(grep cache: "$TMP/log")"
decoded=$(sed -n 's/.*cache: .*decoded=\([0-9]*\).*/\1/p' "$TMP/log" | sort -n | tail -n 1)
[ "$decoded" -le "$blocks" ] || fail "$decoded Blocks were decoded, of $blocks"

# Many connections at once.
mkfifo go
"$hold" "$(uri_of a.img.xz)" 64 <go >ready &
HOLD=$!
exec 3>go
retry 20 grep -q ready ready || fail "64 connections"
# The file is replaced meanwhile: old connections keep the old one.
truncate -s 3M other
mv other images/a.img.xz
[ "$(nbdinfo --size "$(uri_of a.img.xz)")" = 3145728 ] || fail "the new file"
echo go >&3
wait "$HOLD" || fail "a connection to a file that was replaced"

# One that is written to instead is no longer served to those who had it open.
rm ready
"$hold" "$(uri_of a.img.xz)" 1 <go >ready 2>error &
HOLD=$!
exec 3>go
retry 20 grep -q ready ready || fail "a connection"
sleep 0.02
printf x | dd of=images/a.img.xz bs=1 seek=3145727 conv=notrunc status=none
echo go >&3
if wait "$HOLD"; then
  fail "a modified file was served"
fi
grep -q "a.img.xz: the file changed while it was open" "$TMP/log" || fail "no error"
nbdcopy "$(uri_of a.img.xz)" - | cmp - images/a.img.xz || fail "the modified file"
stop_nbdkit

# All images share one memory, whose limit is cache=.  Each of these would fill it,
# and nbdkit, its threads and its buffers have their share on top.
yes "what compresses so well decodes fast" | head -c 120M >large
xz -0 -T2 --block-size=2MiB -c large >images/c.img.xz
cp images/c.img.xz images/d.img.xz
start_nbdkit "$PLUGIN" dir=images index=none cache=64M threads=2
nbdcopy "$(uri_of c.img.xz)" null: &
COPY=$!
nbdcopy "$(uri_of d.img.xz)" - | cmp - large || fail "the second of two images"
wait "$COPY" || fail "the first of two images"
peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$NBDKIT_PID/status")
[ "$peak" -lt $((104 * 1024)) ] || fail "two images took $peak KiB of memory"
[ "$peak" -gt $((48 * 1024)) ] || fail "the cache was not filled: $peak KiB"
