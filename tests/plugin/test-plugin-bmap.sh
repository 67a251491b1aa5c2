#!/bin/sh
# SPDX-License-Identifier: MIT
# A .bmap beside the image: its unmapped ranges are holes, before anything is
# decoded; one of another image, a damaged one and one that lies are not used.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip sha256sum

cd "$TMP"
mkdir images
# 4 MiB + 512 bytes: data in the second MiB only.
truncate -s 4194816 raw
head -c 1048576 /dev/urandom | dd of=raw bs=1M seek=1 conv=notrunc status=none
xz -0 -T2 --block-size=1MiB -c raw >images/a.img.xz
gzip -1 -c raw >images/g.img.gz
cd images

# bmap SIZE BLOCKS RANGE: on stdout, with its checksum.
bmap ()
{
  cat >../bmap <<END
<?xml version="1.0" ?>
<!-- <ImageSize> 1 </ImageSize> -->
<bmap version="2.0">
    <ImageSize> $1 </ImageSize>
    <BlockSize>4096</BlockSize>
    <BlocksCount> $2 </BlocksCount>
    <MappedBlocksCount> 256 </MappedBlocksCount>
    <ChecksumType> sha256 </ChecksumType>
    <BmapFileChecksum> $(printf %064d 0) </BmapFileChecksum>
    <BlockMap>
        <Range chksum="0 > 1"> $3 </Range>
    </BlockMap>
</bmap>
END
  sed "s/ 0\{64\} / $(sha256sum ../bmap | cut -c1-64) /" ../bmap
}

start_nbdkit "$PLUGIN" dir="$TMP/images" index=none
printf '0 1048576 3\n1048576 1048576 0\n2097152 2097664 3\n' >../expected

refused ()
{
  : >"$TMP/log"
  if nbdinfo --size "$(uri_of "$1")" >/dev/null 2>&1; then
    fail "served: $1 ($2)"
  fi
  grep -q "$1: .*$2" "$TMP/log" || fail "no cause: $(cat "$TMP/log")"
}

for name in a.img.xz.bmap a.img.bmap a.bmap; do
  bmap 4194816 1025 256-511 >$name
  nbdinfo --map "$(uri_of a.img.xz)" | awk '{ print $1, $2, $3 }' >../map
  diff ../expected ../map || fail "$name: wrong holes"
  nbdcopy "$(uri_of a.img.xz)" - | cmp - ../raw || fail "$name: wrong content"
  bmap 4194304 1024 256-511 >$name
  refused a.img.xz "$name is of another image: it says that the disk has 4194304 bytes"
  integrity_text a.img.xz/integrity | grep -q '^error=.*is of another image' ||
    fail "no word about it"
  rm $name
done
bmap 4194816 1025 256-511 >g.img.bmap
nbdcopy "$(uri_of g.img.gz)" - | cmp - ../raw || fail "gzip"
bmap 4194304 1024 256-511 >g.img.bmap
refused g.img.gz "is of another image"

bmap 4194816 1025 256-511 | sed s/256-511/256-510/ >a.bmap
refused a.img.xz "its own checksum is wrong"
bmap 4194816 1024 256-511 >a.bmap
refused a.img.xz "BlocksCount contradicts"
bmap 4194816 1025 256-1025 >a.bmap
refused a.img.xz "a Range is wrong"
bmap 4194816 1025 256-511 | head -c 300 >a.bmap
refused a.img.xz "it is truncated"
echo "not a bmap" >a.bmap
refused a.img.xz "does not begin with <bmap>"
stop_nbdkit

# Data where it says that there is none.
touch a.img.xz
bmap 4194816 1025 0-9 >a.bmap
start_nbdkit "$PLUGIN" dir="$TMP/images" index=none
integrity_text a.img.xz/integrity >../text
if nbdcopy "$(uri_of a.img.xz)" copy 2>/dev/null; then
  fail "a bmap that lies was believed"
fi
stop_nbdkit

# One file: told at the start.
bmap 4194304 1024 256-511 >a.bmap
if nbdkit -U - "$PLUGIN" a.img.xz --run true 2>../error; then
  fail "started with the bmap of another image"
fi
grep -q "a.img.xz: a.bmap is of another image" ../error || fail "$(cat ../error)"
