#!/bin/sh
# SPDX-License-Identifier: MIT
# Random reads over several connections, against the truth.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip

reads=$PWD/random-reads
make_image "$TMP/raw" 30
cd "$TMP"
xz -1 -T2 --block-size=4MiB -c raw >blocks.xz
xz -0 -T1 -c raw >one-block.xz
{ head -c 9999999 raw | gzip -1; tail -c +10000000 raw | gzip -1; } >members.gz

for file in raw blocks.xz one-block.xz members.gz; do
  for cache in 64M 9M; do
    echo "== $file, cache=$cache"
    start_nbdkit "$PLUGIN" "$file" cache="$cache"
    "$reads" "$(uri_of disk)" raw 4 15 || fail "$file"
    stop_nbdkit
  done
done
