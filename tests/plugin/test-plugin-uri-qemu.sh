#!/bin/sh
# SPDX-License-Identifier: MIT
# uri=: qemu-nbd as the server, with an image of its own format and with raw ones.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
# shellcheck source=uri-functions.sh
. "$srcdir/uri-functions.sh"
require qemu-nbd qemu-img xz

cd "$TMP"
make_image raw 9
truncate -s 10M raw             # qemu wants whole sectors
qemu-img convert -f raw -O qcow2 raw raw.qcow2
xz -0 -T2 --block-size=1MiB -c raw >blocks.xz

# serve FORMAT FILE EXPORT
serve ()
{
  rm -f "$SERVER_SOCKET"
  qemu-nbd -r -t -e 10 -f "$1" -x "$3" -k "$SERVER_SOCKET" "$2" 2>server.log &
  SERVER_PID=$!
  retry 30 test -S "$SERVER_SOCKET" || fail "qemu-nbd does not start: $(cat server.log)"
}

check ()                # check FORMAT FILE
{
  echo "== $*"
  serve "$1" "$2" my-export
  start_front uri="$(server_uri my-export)"
  integrity_text | grep -q '^state=intact$' || fail "$2: not intact"
  same_as disk raw
  nbdinfo --map "$(uri_of disk)" | grep -q hole || fail "$2: no holes"
  stop_nbdkit
  stop_server
}

check raw raw
check qcow2 raw.qcow2
# A file whose size is no multiple of a sector is padded with zeroes by qemu-nbd; an
# .xz is not valid any more then, and is refused or whole, never served in part.
echo "== raw blocks.xz"
truncate -s %512 blocks.xz
serve raw blocks.xz ''
start_front uri="$(server_uri)"
integrity_text | grep -q '^state=intact$' || fail "not intact"
same_as disk raw
stop_nbdkit
stop_server
