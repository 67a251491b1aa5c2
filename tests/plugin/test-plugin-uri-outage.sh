#!/bin/sh
# SPDX-License-Identifier: MIT
# uri=: a server that is killed and started again costs time only.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
# shellcheck source=uri-functions.sh
. "$srcdir/uri-functions.sh"
require xz

cd "$TMP"
make_image raw 60
xz -0 -T2 --block-size=2MiB -c raw >blocks.xz

# start_slow_server ARGS...
start_slow_server ()
{
  start_server --filter=delay "$@" rdelay=100ms
}

copied ()
{
  [ -s copy ] && [ "$(du -k copy | cut -f1)" -ge "$1" ]
}

# outage WHAT SECONDS ARGS...: kill the server in the middle of a copy, start it again.
outage ()
{
  echo "== $1"
  what=$1 seconds=$2
  shift 2
  start_slow_server "$@"
  start_front uri="$(server_uri)" name=my-image cache=8M
  integrity_text >/dev/null
  rm -f copy
  nbdcopy --connections=1 --request-size=262144 "$(uri_of disk)" copy & CLIENT=$!
  retry 60 copied 2000 || fail "$what: the copy does not begin"
  stop_server
  sleep "$seconds"
  kill -0 "$CLIENT" || fail "$what: the copy has ended before"
  start_slow_server "$@"
  wait "$CLIENT" || fail "$what: the copy failed: $(cat log)"
  cmp copy raw || fail "$what: other bytes"
  cat log
}

outage "the bytes of a raw image" 4 file raw
grep -q 'my-image: the server does not answer (.*); waiting until it does' log ||
  fail "no word of it"
grep -q 'my-image: the server answers again, after [0-9]* s' log ||
  fail "no word of its end"
[ "$(wc -l <log)" -le 2 ] || fail "too many words"
stop_nbdkit
stop_server

outage "the bytes of an .xz" 0 file blocks.xz
stop_nbdkit
stop_server

outage "a server of ours" 0 "$PLUGIN" file=blocks.xz
stop_nbdkit

echo "== an error that lasts"
stop_server
start_server --filter=error file raw error-pread=EIO error-pread-rate=100%
if nbdkit -U - "$PLUGIN" uri="$(server_uri)" name=my-image --run true 2>error; then
  fail "started on errors"
fi
grep -q 'my-image: .*Input/output error' error || fail "$(cat error)"
stop_server
rm -f trigger
start_server --filter=error file raw error-pread=EIO error-pread-rate=100% \
  error-pread-file="$TMP/trigger"
start_front uri="$(server_uri)" name=my-image
: >trigger
if nbdcopy "$(uri_of disk)" null: 2>/dev/null; then
  fail "read what cannot be read"
fi
grep -q 'my-image: .*Input/output error' log || fail "$(cat log)"
# It is not believed for ever.
rm trigger
retry 10 nbdcopy "$(uri_of disk)" null: || fail "the error is believed for ever"
same_as disk raw
