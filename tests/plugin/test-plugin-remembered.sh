#!/bin/sh
# SPDX-License-Identifier: MIT
# index=: what one server has learned of an image the next one knows, and
# everything that a client has decoded is remembered by itself.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip

cd "$TMP"
mkdir images
make_image raw 4
xz -0 -T2 --block-size=1MiB -c raw >images/a.img.xz
gzip -1 -c raw >images/b.img.gz
touch -d '1 hour ago' images/*

remembered ()
{
  [ "$(find "$1" -type f 2>/dev/null | wc -l)" -ge "$2" ]
}

start_nbdkit "$PLUGIN" dir=images index="$TMP/index"
for name in a.img.xz b.img.gz; do
  nbdcopy "$(uri_of $name)" - | cmp - raw || fail "$name"
done
retry 10 remembered index 1 || fail "nothing was remembered"
# Of two scans at a time only one is made for free.
nbdinfo --size "$(uri_of a.img.xz)" >/dev/null
nbdinfo --size "$(uri_of b.img.gz)" >/dev/null
retry 10 remembered index 2 || fail "not all was remembered"
stop_nbdkit

start_nbdkit -v -D flashimage.dir=1 -D flashimage.cache=1 "$PLUGIN" dir=images index="$TMP/index"
nbdinfo --list "$(uri_of '')" >list || fail "list"
[ "$(grep -c "disk-size=$(stat -c %s raw) .*integrity=intact" list)" = 2 ] || fail "$(cat list)"
nbdinfo --map "$(uri_of a.img.xz)" >/dev/null
nbdcopy "$(uri_of a.img.xz/digests)" null: || fail "digests"
if grep 'cache: ' "$TMP/log" | grep -qv 'decoded=0 '; then
  fail "something was decoded: $(grep 'cache: ' "$TMP/log")"
fi
stop_nbdkit

# By default in the user's cache folder; with "none" nowhere.
nbdkit -U - "$PLUGIN" images/a.img.xz index=none --run 'nbdcopy "$uri" null:' || fail "none"
remembered "$XDG_CACHE_HOME" 1 && fail "remembered in spite of index=none"
start_nbdkit "$PLUGIN" images/a.img.xz
integrity_text >/dev/null
stop_nbdkit
remembered "$XDG_CACHE_HOME/flash-live-remote" 1 || fail "not in the default folder"
