#!/bin/sh
# SPDX-License-Identifier: MIT
# SHA-256 files beside the image: a right one is noted, a wrong one refuses.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz sha256sum

cd "$TMP"
mkdir images
make_image raw 1
xz -0 -c raw >images/a.img.xz
cp raw images/b.img
cd images
good=$(sha256sum a.img.xz | cut -c1-64)
bad=$(sha256sum b.img | cut -c1-64)
start_nbdkit "$PLUGIN" dir="$TMP/images" index=none

accepted ()
{
  nbdcopy "$(uri_of a.img.xz)" null: || fail "refused: $1: $(cat "$1"): $(cat "$TMP/log")"
  integrity_text a.img.xz/integrity >../text
  grep -q '^state=intact$' ../text || fail "not intact: $(cat ../text)"
  grep -q "^note=sha256 verified: $1\$" ../text || fail "no note: $(cat ../text)"
  rm -- "$1"
}

refused ()
{
  : >"$TMP/log"
  for export in a.img.xz a.img.xz/stored a.img.xz/digests; do
    if nbdinfo --size "$(uri_of $export)" >/dev/null 2>&1; then
      fail "$1: served: $export"
    fi
  done
  grep -q "a.img.xz: $2" "$TMP/log" || fail "no cause: $(cat "$TMP/log")"
  integrity_text a.img.xz/integrity >../text
  grep -q '^state=damaged$' ../text || fail "not damaged: $(cat ../text)"
  grep -q "^error=$2" ../text || fail "no cause: $(cat ../text)"
  if grep -q '^stored-xxh3' ../text; then fail "a digest of a refused image"; fi
  rm -- "$1"
}

echo "$good" >a.img.xz.sha256; accepted a.img.xz.sha256
echo "$good  /srv/build/a.img.xz" >a.img.xz.sha256; accepted a.img.xz.sha256
printf '%s *a.img.xz\r\n' "$good" >a.img.xz.sha256sum; accepted a.img.xz.sha256sum
echo "SHA256 (a.img.xz) = $good" >sha256sums.txt; accepted sha256sums.txt
sha256sum ./*.img ./*.xz >SHA256SUMS; accepted SHA256SUMS
{ echo '# comment'; echo "$bad  other/a.img.xz"; echo "$good  a.img.xz"; } >SHA256SUMS.txt
accepted SHA256SUMS.txt

why="the SHA-256 in"
echo "$bad" >a.img.xz.sha256; refused a.img.xz.sha256 "$why a.img.xz.sha256"
echo "$bad  a.img.xz" >SHA256SUMS
refused SHA256SUMS "$why SHA256SUMS is another one: expected $bad, actual $good"
printf '%s  a.img.xz\n%s  a.img.xz\n' "$good" "$bad" >SHA256SUMS
refused SHA256SUMS "SHA256SUMS: it has two different checksums"
truncate -s 65537 a.img.xz.sha256; refused a.img.xz.sha256 "a.img.xz.sha256: too large"
ln -s "$TMP/raw" SHA256SUMS; refused SHA256SUMS "SHA256SUMS: Invalid cross-device link"

# Of other files only.
echo "$bad  b.img.xz" >SHA256SUMS
echo "$bad  a.img.xz.old" >>SHA256SUMS
nbdcopy "$(uri_of a.img.xz)" null: || fail "a checksum of another file"
stop_nbdkit

# The same for one file.
echo "$bad" >b.img.sha256sum
start_nbdkit "$PLUGIN" file="$TMP/images/b.img" index=none
nbdcopy "$(uri_of disk)" null: || fail "the right checksum"
echo "$good" >b.img.sha256sum
if nbdcopy "$(uri_of disk)" null: 2>/dev/null; then
  fail "the wrong checksum"
fi
stop_nbdkit

# With a remembered scan a hash is not made again, unless the checksum file says
# something else; also when the file came after the scan.
passes ()
{
  grep -c 'scan: .*the SHA-256 is made' "$TMP/log" || :
}

serve_remembered ()
{
  [ -z "$NBDKIT_PID" ] || stop_nbdkit
  start_nbdkit -v -D flashimage.scan=1 "$PLUGIN" dir="$TMP/images" index="$TMP/index"
}

touch -d '1 hour ago' a.img.xz
serve_remembered
integrity_text a.img.xz/integrity >/dev/null
echo "$good" >a.img.xz.sha256
nbdcopy "$(uri_of a.img.xz)" null: || fail "with a checksum"
[ "$(passes)" = 1 ] || fail "$(passes) passes, not 1"
serve_remembered
nbdcopy "$(uri_of a.img.xz)" null: || fail "with a remembered hash"
integrity_text a.img.xz/integrity >../text
grep -q "^note=sha256 verified: a.img.xz.sha256\$" ../text || fail "no note: $(cat ../text)"
[ "$(passes)" = 0 ] || fail "the hash was made again"
echo "$bad" >a.img.xz.sha256
if nbdinfo --size "$(uri_of a.img.xz)" >/dev/null 2>&1; then fail "another hash"; fi
[ "$(passes)" = 1 ] || fail "a changed checksum file, and the hash was not made again"
grep -q "expected $bad, actual $good" "$TMP/log" || fail "no cause: $(cat "$TMP/log")"
stop_nbdkit
