#!/bin/sh
# SPDX-License-Identifier: MIT
# uri=: what another server of ours has open is passed on, from file= and from dir=,
# through nbdkit's nbd plugin too; nothing is decoded or scanned a second time.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
# shellcheck source=uri-functions.sh
. "$srcdir/uri-functions.sh"
require xz gzip
TOOLS=$PWD

cd "$TMP"
mkdir images images/halos
make_image raw 7
xz -0 -T2 --block-size=1MiB -c raw >"images/halos/a b.img.xz"
gzip -1 -c raw >images/one.img.gz
cp raw images/whole.img
echo text >images/SHA256SUMS
(cd images && sha256sum one.img.gz whole.img >SHA256SUMS)

# check_relay EXPORT FILE: the front, running, is as good as the server itself.
check_relay ()
{
  integrity_text >text
  nbdcopy "$(server_uri "$1integrity")" - | tr -d '\000' >theirs
  diff theirs text || fail "$2: another integrity record"
  grep -q '^state=intact$' text || fail "$2: not intact"
  same_as disk raw
  same_as stored "$2"
  nbdcopy "$(server_uri "$1digests")" theirs
  same_as digests theirs
  "$TOOLS/random-reads" "$(uri_of disk)" raw 3 100 || fail "random reads"
  ! grep -i error log || fail "$2: an error was reported"
}

for file in "images/halos/a b.img.xz" images/one.img.gz images/whole.img; do
  for export in "" disk; do
    echo "== file=$file, export '$export'"
    start_server "$PLUGIN" file="$file" index=none
    start_front uri="$(server_uri "$export")"
    check_relay "" "$file"
    stop_nbdkit
    stop_server
  done
done

start_server "$PLUGIN" dir=images index=none
for name in halos/a%20b.img.xz one.img.gz whole.img; do
  echo "== dir=, $name"
  file=images/$(echo "$name" | sed 's/%20/ /')
  start_front uri="$(server_uri "$name")"
  check_relay "$name/" "$file"
  stop_nbdkit
done

echo "== through nbdkit nbd"
nbdkit -f -t 1 -U relay.socket -P relay.pid nbd dynamic-export=true \
  "$(server_uri)" 2>relay.log &
WEB_PID=$!
wait_for_file relay.pid "$WEB_PID" relay.log
start_front \
  uri="nbd+unix:///halos%2Fa%20b.img.xz?socket=$TMP/relay.socket"
check_relay halos/a%20b.img.xz/ "images/halos/a b.img.xz"
stop_nbdkit
if nbdkit -U - "$PLUGIN" uri="$(server_uri missing.img)" --run true 2>error; then
  fail "an image that is not there was served"
fi
grep -q 'export "missing.img": the server has no such export' error ||
  fail "$(cat error)"
stop_server

echo "== holes are not asked for, and nothing is read twice"
truncate -s 64M sparse
printf x | dd of=sparse bs=1 seek=5000000 conv=notrunc status=none
truncate -s 65M sparse
start_server --filter=log "$PLUGIN" file=sparse logfile="$TMP/requests" index=none
start_front uri="$(server_uri)"
integrity_text >/dev/null
: >requests
nbdinfo --map "$(uri_of disk)" >map
same_as disk sparse
nbdcopy --no-extents "$(uri_of disk)" copy
cmp copy sparse || fail "other bytes"
cat map
# The digests (header, table), and one MiB of the disk.
grep -c ' Read ' requests >count
[ "$(cat count)" -le 3 ] || fail "$(cat count) reads: $(cat requests)"
[ "$(awk '$3 == 0 { sum += $2 } END { print sum }' map)" -le 65536 ] || fail "no holes"
stop_nbdkit
stop_server

echo "== damaged"
cp "images/halos/a b.img.xz" bad.xz
printf '\377\377\377' | dd of=bad.xz bs=1 seek=300000 conv=notrunc status=none
start_server "$PLUGIN" file=bad.xz index=none
start_front uri="$(server_uri)" name=bad-image
integrity_text >text
integrity=$(nbdcopy "$(server_uri integrity)" - | tr -d '\000' | grep ^error=)
grep -qxF "$integrity" text || fail "another cause: $(cat text)"
grep -q '^state=damaged$' text || fail "not damaged"
for view in disk digests; do
  if nbdinfo "$(uri_of "$view")" >/dev/null 2>&1; then
    fail "$view of a damaged image is served"
  fi
done
grep -qF "bad-image: ${integrity#error=}" log || fail "no clear error: $(cat log)"
stop_nbdkit
