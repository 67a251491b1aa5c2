#!/bin/sh
# SPDX-License-Identifier: MIT
# Under the filters cow, partition, error, readahead, cache and log.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz sfdisk

cd "$TMP"
make_image raw 12
truncate -s 12M raw
printf 'label: dos\nstart=2048, size=8192\nstart=10240, size=4096\n' |
  sfdisk -q raw 2>/dev/null || { echo "skipped: sfdisk fails"; exit 77; }
xz -0 -T2 --block-size=1MiB -c raw >raw.xz

nbdkit -U - --filter=partition "$PLUGIN" raw.xz partition=1 \
  --run 'nbdcopy "$uri" part' || fail "partition"
dd if=raw bs=512 skip=2048 count=8192 status=none | cmp - part || fail "partition"

start_nbdkit --filter=cow "$PLUGIN" raw.xz
printf 'written over it' >new
truncate -s 12M new
nbdcopy new "$(uri_of disk)" || fail "cow: writing"
nbdcopy "$(uri_of disk)" - | cmp - new || fail "cow: reading back"
stop_nbdkit

nbdkit -U - --filter=error "$PLUGIN" raw.xz error-pread=EIO error-pread-rate=100% \
  --run '! nbdcopy "$uri" null: 2>/dev/null' || fail "error"
nbdkit -U - --filter=error "$PLUGIN" raw.xz error-pread=EIO error-pread-rate=0 \
  --run 'nbdcopy "$uri" copy' || fail "error: rate 0"
cmp copy raw || fail "error: rate 0"

for filter in readahead cache log; do
  nbdkit -U - --filter="$filter" "$PLUGIN" raw.xz logfile="$TMP/filter.log" \
    --run 'nbdcopy "$uri" copy' 2>log ||
    nbdkit -U - --filter="$filter" "$PLUGIN" raw.xz --run 'nbdcopy "$uri" copy' ||
    fail "$filter"
  cmp copy raw || fail "$filter"
  rm copy
done
grep -q 'Read.*offset=' "$TMP/filter.log" || fail "log"
