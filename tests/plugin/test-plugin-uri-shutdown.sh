#!/bin/sh
# SPDX-License-Identifier: MIT
# uri=: nbdkit ends soon on SIGTERM, whatever its server does, and while it does not
# answer.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
# shellcheck source=uri-functions.sh
. "$srcdir/uri-functions.sh"
require xz

cd "$TMP"
# More than the cache holds, however it is packed.
make_image raw 20
head -c 40000000 /dev/urandom >>raw
xz -0 -T2 --block-size=1MiB -c raw >blocks.xz

# stops WHAT: TERM while the client waits.
stops ()
{
  sleep 0.7
  kill -0 "$CLIENT" 2>/dev/null || fail "$1: the client was done before"
  expect_prompt_end "$1" 5000
}

# outage SIGNAL EXPORT ARGS...: the server is killed or frozen.
outage ()
{
  signal=$1 export=$2
  shift 2
  start_server "$@"
  start_front uri="$(server_uri)" cache=8M
  nbdinfo "$(uri_of disk)" >/dev/null
  kill -"$signal" "$SERVER_PID"
  nbdcopy --connections=1 "$(uri_of "$export")" null: 2>/dev/null & CLIENT=$!
  stops "$signal, $export, $*"
  stop_server
}

for signal in KILL STOP; do
  outage $signal disk file raw
  outage $signal stored file blocks.xz
  outage $signal disk file blocks.xz
  outage $signal disk "$PLUGIN" file=blocks.xz
done

# In the middle of another one's scan.
mkdir exports
printf 'version=1\nstate=scanning\nformat=raw\nstored-size=5\n' >exports/integrity
truncate -s 4096 exports/integrity
start_server file dir=exports
start_front uri="$(server_uri disk)"
nbdcopy "$(uri_of disk)" null: 2>/dev/null & CLIENT=$!
stops "the scan of another server"
