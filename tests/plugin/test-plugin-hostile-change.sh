#!/bin/sh
# SPDX-License-Identifier: MIT
# An image that is truncated, appended to, overwritten or replaced while a client
# reads it: the client gets the image that was opened or an error, never a mixture.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip

make_image "$TMP/raw" 6
make_image "$TMP/other" 6
xz -0 -T2 --block-size=1MiB -c "$TMP/raw" >"$TMP/good.xz"
xz -0 -T2 --block-size=1MiB -c "$TMP/other" >"$TMP/other.xz"
gzip -1 -c "$TMP/raw" >"$TMP/good.gz"
gzip -1 -c "$TMP/other" >"$TMP/other.gz"
cp "$TMP/raw" "$TMP/good.raw"
cp "$TMP/other" "$TMP/other.raw"

change ()       # change HOW SUFFIX
{
  image=$TMP/image.$2
  case $1 in
    truncate) truncate -s 500000 "$image" ;;
    append) printf more >>"$image" ;;
    overwrite) dd if="$TMP/other.$2" of="$image" bs=64k conv=notrunc status=none ;;
    replace) cp "$TMP/other.$2" "$TMP/new"; mv "$TMP/new" "$image" ;;
  esac
}

for suffix in xz gz raw; do
  for how in truncate append overwrite replace; do
    cp "$TMP/good.$suffix" "$TMP/image.$suffix"
    sleep 0.05                  # the clock of mtime may tick coarsely
    # The cache holds a part of the image only.
    start_nbdkit "$PLUGIN" "$TMP/image.$suffix" cache=3M
    nbdinfo "$(uri_of disk)" >/dev/null || fail "$suffix: not served"
    ./hostile-client read "$(uri_of disk)" "$TMP/raw" 65536 60 >"$TMP/out" &
    client=$!
    sleep 0.15
    change "$how" "$suffix"
    wait "$client" || fail "$suffix, $how: a mixture was served"
    bad=$(sed -n 's/^bad //p' "$TMP/out")
    echo "$suffix, $how: $(grep ^good "$TMP/out"), bad $bad"
    if [ "$how" != replace ]; then
      [ "$bad" -gt 0 ] || fail "$suffix, $how: nobody noticed"
      if nbdcopy "$(uri_of disk)" null: 2>/dev/null; then
        fail "$suffix, $how: served on"
      fi
      grep -q "the file changed while it was open" "$TMP/log" ||
        fail "no clear error: $(cat "$TMP/log")"
    fi
    stop_nbdkit
  done
done
