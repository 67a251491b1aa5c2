#!/bin/sh
# SPDX-License-Identifier: MIT
# The disk view of every kind of file equals what xzcat and zcat make of it, and
# the stored view equals the file.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz xzcat gzip zcat cmp

cd "$TMP"
make_image raw 24
half=11000001

xz -1 -T2 --block-size=3MiB -c raw >blocks.xz
xz -1 -T1 -c raw >one-block.xz
{ head -c "$half" raw | xz -0 -c
  head -c 8 /dev/zero
  tail -c "+$((half + 1))" raw | xz -0 -T2 --block-size=1MiB -c
  head -c 4 /dev/zero; } >streams.xz
for check in none crc32 crc64 sha256; do
  xz -0 -T2 --block-size=5MiB --check="$check" -c raw >"check-$check.xz"
done
gzip -1 -c raw >one-member.gz
{ head -c "$half" raw | gzip -1
  gzip -c </dev/null
  tail -c "+$((half + 1))" raw | gzip -6
  gzip -c </dev/null; } >members.gz
{ cat one-member.gz; head -c 512 /dev/zero; } >padded.gz
{ cat one-member.gz; printf '{"metadata": true}'; } >metadata.gz
# A name that says nothing, or something else.
cp blocks.xz blocks.img
cp one-member.gz xz-not.xz

check ()
{
  file=$1
  shift
  echo "== $file $*"
  nbdkit -U - "$PLUGIN" "$file" "$@" --run 'nbdcopy "$uri" copy' ||
    fail "$file: nbdcopy"
  cmp raw copy || fail "$file: the disk view differs"
  rm copy
}

for file in raw *.xz *.gz *.img; do
  check "$file"
done
# Little memory: large Blocks go to the spool file.
for file in blocks.xz one-block.xz streams.xz members.gz; do
  check "$file" cache=1M threads=1
  check "$file" cache=8M threads=2 tmpdir="$TMP"
done
xzcat streams.xz | cmp - raw || fail "the test itself is wrong"
zcat metadata.gz 2>/dev/null | cmp - raw || fail "the test itself is wrong"

for file in raw streams.xz metadata.gz; do
  nbdkit -U - -e stored "$PLUGIN" "$file" --run 'nbdcopy "$uri" copy' ||
    fail "$file: stored"
  cmp "$file" copy || fail "$file: the stored view differs"
done
# Nothing is left behind by the spool files.
[ -z "$(find "$TMP" -mindepth 1 -name 'flashimage-*')" ] || fail "a spool file is left"
