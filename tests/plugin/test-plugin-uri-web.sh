#!/bin/sh
# SPDX-License-Identifier: MIT
# uri=: an image on a web server, by nbdkit's curl plugin; one without range requests
# is refused with the reason.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
# shellcheck source=uri-functions.sh
. "$srcdir/uri-functions.sh"
require xz gzip python3
python3 -c 'import http.server' || { echo "skipped: no http.server"; exit 77; }
nbdkit curl --dump-plugin >/dev/null 2>&1 || { echo "skipped: no curl plugin"; exit 77; }
srcdir=$(cd "$srcdir" && pwd)

cd "$TMP"
mkdir web
make_image raw 7
cp raw web/image.raw
xz -0 -T2 --block-size=1MiB -c raw >web/blocks.xz
gzip -1 -c raw >web/one.gz

start_web web
for file in image.raw blocks.xz one.gz; do
  echo "== $file"
  start_server curl "$WEB_URL/$file"
  start_front uri="$(server_uri)" name="$WEB_URL/$file"
  same_as disk raw
  same_as stored "web/$file"
  integrity_text | grep -q '^state=intact$' || fail "$file: not intact"
  stop_nbdkit
  stop_server
done
stop_web

# The reason is the curl plugin's to tell; the front does not start.
start_web web no-ranges
start_server curl "$WEB_URL/blocks.xz"
if nbdkit -U - "$PLUGIN" uri="$(server_uri)" name=blocks.xz --run true 2>log; then
  fail "a server without ranges was served"
fi
cat log server.log
grep -q 'blocks.xz: export "": the server has no such export, or cannot open it' log ||
  fail "no clear error"
grep -q 'range' server.log || fail "no reason"
