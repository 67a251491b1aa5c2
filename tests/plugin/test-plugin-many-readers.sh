#!/bin/sh
# SPDX-License-Identifier: MIT
# Many boards read one image, each at its own place and speed: it is decoded once for
# all that the memory can hold together, and a slow one holds up nobody.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip

many=$PWD/many-readers
cd "$TMP"
make_image raw 128
mkdir images scans
xz -0 -T2 --block-size=1MiB -c raw >images/a.img.xz
xz -0 -T2 --block-size=6MiB -c raw >images/b.img.xz
gzip -1 -c raw >images/c.img.gz

# statistic NAME: the last one that the plugin has told.
statistic ()
{
  sed -n "s/.*cache: .*$1=\([0-9]*\).*/\1/p" "$TMP/log" | tail -n 1
}

# run IMAGE CLIENT...: how many Blocks they had decoded is $decoded then, and the
# memory that it took $peak.
run ()
{
  image=$1
  shift
  : >"$TMP/log"
  timeout 120 "$many" "$(uri_of "$image")" raw "$@" || fail "$image: $*"
  # A connection that reads nothing is told all that there was.
  told=$(grep -c 'cache: ' "$TMP/log" || :)
  nbdinfo --size "$(uri_of "$image")" >/dev/null
  told_more () { [ "$(grep -c 'cache: ' "$TMP/log")" -gt "$told" ]; }
  retry 20 told_more || fail "no statistics"
  decoded=$(statistic decoded)
  peak=$(statistic peak)
  echo "$image: $*: decoded $decoded, peak $peak"
}

# A server that has decoded nothing yet: start PARAMETERS...
start ()
{
  start_nbdkit -v -D flashimage.cache=1 "$PLUGIN" index=scans threads=2 "$@"
}

# at_most PERCENT OF WHAT
at_most ()
{
  [ "$((decoded * 100))" -le "$(($1 * $2))" ] ||
    fail "$image: $3: $decoded Blocks were decoded, more than $1 % of $2"
}

# The scans first, so that no reader follows the first pass over the .gz.
start dir=images
for image in a.img.xz b.img.xz c.img.gz; do
  integrity_text $image/integrity | grep -q state=intact || fail "the scan of $image"
done
stop_nbdkit

for image in a.img.xz b.img.xz c.img.gz; do
  start dir=images cache=192M
  run $image 4:0:0
  one=$decoded
  [ "$one" -gt 5 ] || fail "$image: only $one Blocks"
  stop_nbdkit

  # One a bit later, one that is half as fast, and one four times slower.
  start dir=images cache=192M
  run $image 4:0:0 8:6:1 2:10:2 4:12:4
  at_most 120 "$one" "four clients"
  [ "$peak" -le $((192 * 1048576)) ] || fail "$image: $peak bytes of memory"
  # And those who come when the others have left.
  run $image 4:0:0 1:30:1
  at_most 120 "$one" "two more"
  stop_nbdkit
done

# The slow one is farther behind than the cache reaches: it pays for itself, once,
# and the others still share.
for image in a.img.xz c.img.gz; do
  start dir=images cache=40M
  run $image 4:0:0
  one=$decoded
  stop_nbdkit
  start dir=images cache=40M
  run $image 4:0:0 4:2:1 4:3:1 2:4:4
  at_most 210 "$one" "one far behind"
  [ "$peak" -le $((40 * 1048576)) ] || fail "$image: $peak bytes of memory"
  stop_nbdkit
done

# One image alone is not kept for others, unless it is said so.
start images/a.img.xz cache=192M
run '' 4:0:0
one=$decoded
[ "$peak" -le $((56 * 1048576)) ] || fail "one client took $peak bytes of memory"
run '' 4:0:0
[ "$decoded" -gt $((one * 5 / 4)) ] || fail "kept for nobody: $decoded of $one"
stop_nbdkit
start images/a.img.xz cache=192M share=yes
run '' 4:0:0
one=$decoded
run '' 4:0:0
at_most 120 "$one" "share=yes"
