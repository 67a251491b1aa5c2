#!/bin/sh
# SPDX-License-Identifier: MIT
# nbdkit ends at once on SIGTERM, whatever is being decoded.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip

cd "$TMP"
# Something that takes long to decode for its size.
seq 1 14000000 | head -c 100000000 >raw
gzip -1 -c raw >raw.gz
xz -0 -T1 -c raw >one-block.xz
xz -0 -T2 --block-size=8MiB -c raw >blocks.xz
for i in 1 2 3 4 5 6; do cat raw.gz; done >long.gz
for i in 1 2 3 4 5 6; do cat one-block.xz; done >long.xz

# stops WHAT: TERM while the clients in the background are waiting.
stops ()
{
  sleep 0.7
  kill -0 "$CLIENT" 2>/dev/null || echo "note: $1: the client was done before"
  expect_prompt_end "$1" 2000
}

start_nbdkit "$PLUGIN" long.gz index=none
nbdinfo --size "$(uri_of disk)" >/dev/null 2>&1 & CLIENT=$!
stops "opening a .gz"

start_nbdkit "$PLUGIN" long.xz index=none
nbdcopy "$(uri_of disk)" null: 2>/dev/null & CLIENT=$!
stops "copying an .xz"

start_nbdkit "$PLUGIN" long.xz index=none
nbdinfo "$(uri_of integrity)" >/dev/null
nbdcopy "$(uri_of digests)" null: 2>/dev/null & CLIENT=$!
stops "a scan, and a client that waits for it"

start_nbdkit "$PLUGIN" blocks.xz index=none
nbdinfo "$(uri_of integrity)" >/dev/null
sleep 100 & CLIENT=$!
sleep 0.2
kill "$CLIENT"
stops "a scan that nobody waits for"
