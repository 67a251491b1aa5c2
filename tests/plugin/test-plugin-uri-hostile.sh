#!/bin/sh
# SPDX-License-Identifier: MIT
# uri=: a server that says it were one of ours, and lies.  It is nbdkit file dir=, whose
# exports are files made by hand.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
# shellcheck source=uri-functions.sh
. "$srcdir/uri-functions.sh"

cd "$TMP"
make_image raw 6
size=$(stat -c %s raw)
good=00112233445566778899aabbccddeeff
nbdkit -U - "$PLUGIN" raw index=none \
  --run "nbdcopy 'nbd+unix:///digests?socket='\$unixsocket digests"
mkdir exports
start_server file dir=exports

# integrity LINE...: what the server says from now on.
integrity ()
{
  printf '%s\n' "$@" >record
  truncate -s 4096 record
  # In place, for the connection that is open, and all at once.
  dd if=record of=exports/integrity bs=4096 conv=notrunc status=none
}

honest ()
{
  cp raw exports/disk
  cp raw exports/stored
  cp digests exports/digests
  integrity version=1 state=intact format=raw stored-size="$size" \
    disk-size="$size" done=1 total="$size" stored-xxh3-128="$good" check=none \
    "future=$(head -c 2000 /dev/zero | tr '\0' x)"
}

start ()
{
  start_front uri="$(server_uri disk)" name=my-image
}

# fails VIEW TEXT: it cannot be read, and the log says why.
fails ()
{
  if nbdcopy "$(uri_of "$1")" null: 2>/dev/null; then
    fail "$1 was served"
  fi
  cut -c1-200 log
  grep -q "my-image: .*$2" log || fail "no clear error"
  kill -0 "$NBDKIT_PID" || fail "nbdkit died"
  stop_nbdkit
}

# refused TEXT: nbdkit does not start.
refused ()
{
  if nbdkit -U - "$PLUGIN" uri="$(server_uri disk)" name=my-image --run true \
       2>log; then
    fail "started: $1"
  fi
  cut -c1-200 log
  grep -q "my-image: .*$1" log || fail "no clear error"
}

honest
start
same_as disk raw
same_as stored raw
same_as digests digests
integrity_text | grep -qx "stored-xxh3-128=$good" || fail "another record"
stop_nbdkit

echo "== what comes is not what its digest says"
honest
printf x | dd of=exports/disk bs=1 seek=3000000 conv=notrunc status=none
start
nbdcopy "$(uri_of digests)" null:
fails disk "byte 2097152 of the disk view is not the image any more"

echo "== a digest is not what comes"
honest
printf x | dd of=exports/digests bs=1 seek=4100 conv=notrunc status=none
start
fails disk "byte 0 of the disk view is not the image any more"

echo "== sizes that contradict each other"
honest
truncate -s -512 exports/disk
start
fails disk "it had $size bytes, and what the server gives now has $((size - 512))"
honest
truncate -s +1 exports/stored
start
fails stored "it had $size bytes"
honest
truncate -s -16 exports/digests
start
fails disk "this is not the image any more"
honest
sed "s/disk-size=$size/disk-size=1/" digests >exports/digests
truncate -s "$(stat -c %s digests)" exports/digests
start
fails disk "no valid digests for a disk of $size bytes"

echo "== sizes that are absurd"
for absurd in 0 4398046511105 18446744073709551615; do
  integrity version=1 state=intact format=raw stored-size="$size" \
    disk-size=$absurd stored-xxh3-128="$good" check=none
  start
  fails disk "tells a disk size of $absurd bytes"
done
integrity version=1 state=intact format=raw stored-size=0 disk-size="$size" \
  stored-xxh3-128="$good" check=none
refused "the image is empty"

echo "== words that are not known"
integrity version=1 state=intact format=lzip stored-size="$size" \
  disk-size="$size" stored-xxh3-128="$good" check=none
refused "a format that is not known here: lzip"
integrity version=1 state=damaged format=unknown stored-size=0 done=0 total=0 \
  "error=it is $(printf '\033[31mred')"
refused "the server cannot open the image: it is \[31mred"

echo "== what is no record is no server of ours"
for text in version=2 state=fine garbage; do
  integrity $text state=intact format=raw stored-size=1 disk-size=1 \
    stored-xxh3-128=$good
  cp raw exports/disk
  start
  same_as disk raw
  integrity_text | grep -q '^note=the server gives no digests' || fail "$text"
  stop_nbdkit
done

echo "== a scan that goes on, and changes its mind"
honest
integrity version=1 state=scanning format=raw stored-size="$size" done=12345 \
  total="$size"
start
nbdcopy "$(uri_of disk)" copy & CLIENT=$!
progress_is ()
{
  nbdcopy "$(uri_of integrity)" - | tr -d '\000' | grep -qx "done=$1"
}
retry 10 progress_is 12345 || fail "no progress is passed on"
kill -0 "$CLIENT" || fail "something was given out before the verdict"
integrity version=1 state=scanning format=raw stored-size="$size" \
  done=18446744073709551615 total=1
retry 10 progress_is "$size" || fail "progress is not bounded"
honest
wait "$CLIENT" || fail "not copied"
cmp copy raw || fail "other bytes"
stop_nbdkit
integrity version=1 state=scanning format=raw stored-size="$size" done=1 total=2
start
nbdcopy "$(uri_of integrity)" null:
integrity version=1 state=intact format=raw stored-size="$((size + 1))" \
  disk-size="$size" stored-xxh3-128="$good" check=none
fails disk "its stored size is another one"
integrity version=1 state=scanning format=raw stored-size="$size" done=1 total=2
start
nbdcopy "$(uri_of integrity)" null:
integrity version=1 state=damaged format=raw stored-size="$size" "error=too bad"
fails disk "too bad"
integrity version=1 state=scanning format=raw stored-size="$size" done=1 total=2
start
nbdcopy "$(uri_of integrity)" null:
integrity nothing
fails disk "no valid integrity record any more"

