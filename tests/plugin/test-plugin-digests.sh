#!/bin/sh
# SPDX-License-Identifier: MIT
# The digests export holds the XXH3-128 of each MiB of the disk view.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip

chunk_digests=$PWD/chunk-digests
cd "$TMP"
make_image raw 7
size=$(stat -c %s raw)
xz -0 -T2 --block-size=1500KiB -c raw >blocks.xz
xz -0 -T1 -c raw >one-block.xz
gzip -1 -c raw >one.gz
"$chunk_digests" <raw >table
[ "$(stat -c %s table)" = 128 ] || fail "the test itself is wrong"
printf 'version=1\nalgorithm=xxh3-128\nchunk-size=1048576\ndisk-size=%s\nchunks=8\n' \
  "$size" >header

for file in raw blocks.xz one-block.xz one.gz; do
  start_nbdkit "$PLUGIN" "$file" index=none
  nbdcopy "$(uri_of digests)" export || fail "$file: nbdcopy"
  head -c 4096 export | tr -d '\000' | diff header - || fail "$file: header"
  tail -c +4097 export | cmp - table || fail "$file: digests"
  nbdinfo --can multi-conn "$(uri_of digests)" || fail "no multi-conn"
  stop_nbdkit
done

# Damage: the digests that nobody knows are an error with its cause.
cp blocks.xz bad.xz
printf '\377\377\377\377' | dd of=bad.xz bs=1 seek=300000 conv=notrunc status=none
start_nbdkit "$PLUGIN" bad.xz index=none
if nbdcopy "$(uri_of digests)" export 2>/dev/null; then
  fail "digests of a damaged image"
fi
grep -q "bad.xz: no digest of the MiB at byte [0-9]*: ." "$TMP/log" || fail "$(cat "$TMP/log")"
stop_nbdkit
