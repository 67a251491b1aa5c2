#!/bin/sh
# SPDX-License-Identifier: MIT
# The exports: listed, described, the default one, an unknown one.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip

make_image "$TMP/raw" 2
xz -0 -c "$TMP/raw" >"$TMP/raw.xz"
gzip -1 -c "$TMP/raw" >"$TMP/raw.gz"
disk=$(stat -c %s "$TMP/raw")
stored=$(stat -c %s "$TMP/raw.xz")

start_nbdkit "$PLUGIN" "$TMP/raw.xz"
nbdinfo --list "$(uri_of '')" >"$TMP/list"
cat "$TMP/list"
for name in disk stored integrity digests; do
  grep -q "^export=\"$name\":" "$TMP/list" || fail "$name is not listed"
done
# The fields that docs/protocol.md promises, in their order.
modified=$(date -u -r "$TMP/raw.xz" +%Y-%m-%dT%H:%M:%SZ)
for name in disk stored integrity digests; do
  grep -qx "[[:space:]]*description: view=$name format=xz disk-size=$disk stored-size=$stored modified=$modified integrity=unproven" \
    "$TMP/list" || fail "the $name view is not described"
done
[ "$(nbdinfo --size "$(uri_of '')")" = "$disk" ] || fail "default export"
[ "$(nbdinfo --size "$(uri_of disk)")" = "$disk" ] || fail "disk"
[ "$(nbdinfo --size "$(uri_of stored)")" = "$stored" ] || fail "stored"
[ "$(nbdinfo --size "$(uri_of integrity)")" = 4096 ] || fail "integrity"
nbdinfo --is read-only "$(uri_of disk)" || fail "not read-only"
nbdinfo --can multi-conn "$(uri_of disk)" || fail "no multi-conn"
nbdinfo --can multi-conn "$(uri_of stored)" || fail "no multi-conn"

if nbdinfo "$(uri_of nonsense)" >/dev/null 2>&1; then
  fail "an unknown export was served"
fi
grep -q "there is no export 'nonsense': the exports are disk, stored, integrity and digests" \
  "$TMP/log" || fail "no clear error: $(cat "$TMP/log")"
nbdinfo --size "$(uri_of disk)" >/dev/null || fail "the server did not survive"
stop_nbdkit

start_nbdkit "$PLUGIN" "$TMP/raw.gz"
[ "$(nbdinfo --size "$(uri_of disk)")" = "$disk" ] || fail "size of a .gz"
stop_nbdkit
