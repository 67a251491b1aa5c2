#!/bin/sh
# SPDX-License-Identifier: MIT
# uri=: an image that is replaced on its server is refused, never mixed with the old
# one: whether the server only gives bytes or is one of ours, before and after a scan.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
# shellcheck source=uri-functions.sh
. "$srcdir/uri-functions.sh"
require xz

cd "$TMP"
noise ()        # noise FILE: 23 MB from 2 MiB on
{
  head -c 23000000 /dev/urandom |
    dd of="$1" bs=1M seek=2 iflag=fullblock conv=notrunc status=none
}
make_image old 24
noise old
cp old new
# More than the cache holds is another; the size and the beginning are the same.
noise new
cp new longer
printf more >>longer
for name in old new longer; do
  xz -0 -T2 --block-size=1MiB -c "$name" >"$name.xz"
done

# refused WHAT VIEW: nothing but the bytes of the old image, or an error that says why.
refused ()
{
  : >log
  if nbdcopy --connections=1 "$(uri_of "$2")" null: 2>/dev/null; then
    fail "$1: $2 of another image was served"
  fi
  grep -q 'my-image: .*is not the image any more that was checked' log ||
    fail "$1: no clear error: $(cat log)"
}

# replaced SCAN OLD NEW ARGS...: the server gives NEW as it gave OLD.
replaced ()
{
  scan=$1 first=$2 second=$3
  shift 3
  echo "== $*: $second for $first, scan: $scan"
  start_server "$@" "file=$first"
  start_front uri="$(server_uri)" name=my-image cache=12M
  if [ "$scan" = yes ]; then
    integrity_text | grep -q '^state=intact$' || fail "not intact"
  else
    same_as disk old
  fi
  stop_server
  start_server "$@" "file=$second"
  refused "$second" disk
  tail -n 1 log
}

for scan in yes no; do
  replaced $scan old new file
  # What is as it was is still good, and is served when the server has it again.
  stop_server
  start_server file old
  same_as disk old
  stop_nbdkit
  stop_server
  replaced $scan old longer file
  stop_nbdkit
  stop_server
  replaced $scan old.xz new.xz file
  stop_nbdkit
  stop_server
done

replaced yes old new "$PLUGIN" index=none
refused new stored
stop_nbdkit
stop_server
replaced yes old.xz new.xz "$PLUGIN"
refused new.xz stored
stop_nbdkit
stop_server

# In a folder, by renaming, as for a server that goes on.
mkdir images
cp old images/a.img
start_server "$PLUGIN" dir=images
start_front uri="$(server_uri a.img)" name=my-image
integrity_text >/dev/null
cp new images/.b && mv images/.b images/a.img
refused "a.img" disk
