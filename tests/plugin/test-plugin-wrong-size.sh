#!/bin/sh
# SPDX-License-Identifier: MIT
# Both witnesses of a .gz file's size, the partition table and the trailer of the
# last member, name the same wrong one: nobody gets a whole copy of that size, and
# who connects again hears the truth.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
PATH=$PATH:/sbin:/usr/sbin
require gzip sfdisk

make_image "$TMP/first" 8
truncate -s 16M "$TMP/first"
echo '2048,,L' | sfdisk -q "$TMP/first"
truncate -s 8M "$TMP/first"
make_image "$TMP/second" 16
truncate -s 16M "$TMP/second"
{ gzip -1 -c "$TMP/first"; gzip -1 -c "$TMP/second"; } >"$TMP/both.gz"
cat "$TMP/first" "$TMP/second" >"$TMP/truth"

start_nbdkit "$PLUGIN" "$TMP/both.gz" index=none
[ "$(nbdinfo --size "$(uri_of '')")" -eq 16777216 ] ||
  fail "the size was not announced: this tests nothing"
if nbdcopy "$(uri_of '')" "$TMP/copy" 2>"$TMP/error"; then
  fail "a copy of the wrong size went well"
fi
grep -q "connect again" "$TMP/log" || fail "no cause: $(cat "$TMP/log")"
[ "$(nbdinfo --size "$(uri_of '')")" -eq 25165824 ] || fail "not the true size"
nbdcopy "$(uri_of '')" - | cmp - "$TMP/truth" || fail "the disk view differs"
stop_nbdkit
