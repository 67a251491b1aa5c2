#!/bin/sh
# SPDX-License-Identifier: MIT
# uri=: an image of each format on a server that only gives its bytes is decoded as
# a file is.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
# shellcheck source=uri-functions.sh
. "$srcdir/uri-functions.sh"
require xz gzip zstd bzip2 zip

TOOLS=$PWD
cd "$TMP"
make_image raw 7
xz -0 -T2 --block-size=1MiB -c raw >blocks.xz
xz -0 -T1 -c raw >one-block.xz
gzip -1 -c raw >one.gz
zstd -q -1 raw -o one.zst
bzip2 -1 -c raw >one.bz2
zip -q1 deflated.zip raw
zip -q0 stored.zip raw
# shellcheck disable=SC2016     # nbdkit sets it
nbdkit -U - "$PLUGIN" raw index=none --run \
  'nbdcopy "nbd+unix:///digests?socket=$unixsocket" digests'

for file in raw blocks.xz one-block.xz one.gz one.zst one.bz2 deflated.zip stored.zip; do
  echo "== $file"
  start_server file "$file"
  start_front uri="$(server_uri)" name="$file" tmpdir="$TMP"
  same_as disk raw
  same_as stored "$file"
  same_as digests digests
  "$TOOLS/random-reads" "$(uri_of disk)" raw 3 100 || fail "random reads"
  integrity_text >text
  grep -q '^state=intact$' text || fail "$(cat text)"
  grep -q "^stored-size=$(stat -c %s "$file")\$" text || fail "$(cat text)"
  grep -q '^note=the server gives no digests' text || fail "$(cat text)"
  # After the scan as before.
  same_as disk raw
  ! grep -i error log || fail "$file: an error was reported"
  stop_nbdkit
  stop_server
done
# Nothing of all that is remembered.
[ ! -e "$XDG_CACHE_HOME" ] || fail "scans are remembered"

# What is no image, or none any more.
start_server null size=0
if nbdkit -U - "$PLUGIN" uri="$(server_uri)" --run true 2>log; then
  fail "an empty export was served"
fi
grep -q 'the export is empty' log || fail "$(cat log)"
stop_server
if nbdkit -U - "$PLUGIN" uri="$(server_uri)" name=my-image --run true 2>log; then
  fail "a server that is not there was served"
fi
grep -q 'my-image: nbd_aio_connect' log || fail "$(cat log)"
head -c 100000 blocks.xz >truncated.xz
start_server file truncated.xz
if nbdkit -U - "$PLUGIN" uri="$(server_uri)" --run true 2>log; then
  fail "a truncated .xz was served"
fi
grep -q 'truncated, or followed by something else' log || fail "$(cat log)"
