#!/bin/sh
# SPDX-License-Identifier: MIT
# dir=: each image is an export, what is outside of the folder is none, and what
# changes in it is seen at once.  With openat2, and on kernels without it.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip mkfifo

without_openat2=$PWD/without-openat2
cd "$TMP"
make_image raw 2
size=$(stat -c %s raw)
mkdir -p images/nested/deep outside images/.hidden images/in.img
xz -0 -c raw >images/one.img.xz
gzip -1 -c raw >images/nested/two.IMG.GZ
cp raw "images/nested/deep/it's a \"disk\".img"
cp raw outside/secret.img
cp raw images/.hidden/three.img
cp raw images/.four.img
cp raw images/notes.txt
cp raw "images/new
line.img"
ln -s one.img.xz images/latest.img.xz
ln -s nested images/also
ln -s ../outside/secret.img images/relative.img
ln -s "$TMP/outside/secret.img" images/absolute.img
ln -s ../outside images/away
ln -s /proc/self/fd images/magic
ln -s loop.img images/loop.img
mkfifo images/fifo.img
head -c 3000 images/one.img.xz >images/truncated.img.xz

serves ()
{
  [ "$(timeout 10 nbdinfo --size "$(uri_of "$1")" 2>&1)" = "$2" ] || fail "not served: $1"
}

# refuses NAME TEXT, where NAME is encoded as in a URI.
refuses ()
{
  : >"$TMP/log"
  if timeout 10 nbdinfo --size "$(uri_of "$1")" >out 2>&1; then
    fail "served: $1"
  fi
  grep -q -- "$2" "$TMP/log" || fail "$1: $(cat "$TMP/log")"
}

check_confinement ()
{
  serves one.img.xz "$size"
  serves nested/two.IMG.GZ "$size"
  serves "nested/deep/it's%20a%20%22disk%22.img" "$size"
  serves one.img.xz/stored "$(stat -c %s images/one.img.xz)"
  serves one.img.xz/integrity 4096
  serves one.img.xz/digests $((4096 + 3 * 16))
  refuses '' "a folder of images is served: name one"
  refuses nothing.img "there is no export 'nothing.img': there is no such file"
  refuses one.img.xz/nothing "there is no export 'one.img.xz/nothing'"
  refuses one.img.xz/disk "does not end like that of an image"
  refuses disk "does not end like"
  refuses notes.txt "does not end like"
  refuses fifo.img "not a regular file"
  refuses in.img "not a regular file"
  refuses nested "does not end like"
  refuses .four.img "hidden files"
  refuses .hidden/three.img "hidden files"
  refuses ../outside/secret.img "hidden files"
  refuses nested/../one.img.xz "hidden files"
  refuses nested//two.IMG.GZ "empty component"
  refuses "%2F$(echo "$TMP" | cut -c2-)/raw.img" "not the path of an image below"
  refuses new%0Aline.img "'new.x0aline.img': the name has a control character"
  refuses %FF.img "'.xff.img': the name is not UTF-8"
  refuses "$(head -c 3000 /dev/zero | tr '\0' a).img" "aaa\.\.\.'"
  refuses relative.img "leads out of the folder"
  refuses absolute.img "leads out of the folder"
  refuses away/secret.img "there is no export"
  refuses magic/0.img "there is no export"
  refuses loop.img "there is no export"
  refuses truncated.img.xz "truncated.img.xz: truncated"
  integrity_text truncated.img.xz/integrity >text
  grep -q '^state=damaged$' text || fail "no integrity text of a bad image"
  grep -q '^error=truncated.img.xz: truncated' text || fail "$(cat text)"
}

start_nbdkit "$PLUGIN" dir=images
check_confinement
serves latest.img.xz "$size"
serves also/two.IMG.GZ "$size"

nbdinfo --list "$(uri_of '')" --json >list || fail "list"
sed -n 's/.*"export-name": "\(.*\)",/\1/p' list >names
cat >expected <<'END'
latest.img.xz
nested/deep/it's a \"disk\".img
nested/two.IMG.GZ
one.img.xz
END
diff expected names || fail "wrong list"

# described FILE FORMAT PROOF: what the list says about the image in FILE.
described ()
{
  nbdinfo --list "$(uri_of '')" --json >list || fail "list"
  modified=$(date -u -r "$1" +%Y-%m-%dT%H:%M:%SZ)
  grep -q "\"description\": \"format=$2 disk-size=$size stored-size=$(stat -c %s "$1") modified=$modified integrity=$3\"" \
    list || fail "$1 is not described: $(cat list)"
}
touch -d 2026-05-04T03:02:01Z images/one.img.xz
described images/one.img.xz xz unproven
described "images/nested/deep/it's a \"disk\".img" raw unproven
# nbdinfo has opened the .gz, so that its size is known, and the scan that follows
# is remembered.
retry 20 described images/nested/two.IMG.GZ gzip intact
integrity_text one.img.xz/integrity | grep -q state=intact || fail "the scan"
described images/one.img.xz xz intact
# A checksum that nobody has compared yet may contradict.  Having listed the image,
# nbdinfo opens it, and so it is compared.
(cd images && sha256sum one.img.xz >SHA256SUMS)
described images/one.img.xz xz unproven
described images/one.img.xz xz intact
rm images/SHA256SUMS
# What nobody can open is not listed: nbdinfo would give up there.
echo nonsense >images/one.img.xz.bmap
nbdinfo --list "$(uri_of '')" >list || fail "list"
! grep -q one.img.xz list || fail "an image is listed that is refused"
rm images/one.img.xz.bmap
described images/one.img.xz xz intact

# A new file, one that is replaced by renaming, one that vanishes.
cp raw images/new.img
serves new.img "$size"
truncate -s 1M smaller
mv smaller images/new.img
serves new.img 1048576
rm images/new.img
refuses new.img "there is no such file"
mv images moved
mkdir images
serves one.img.xz "$size"
rmdir images
mv moved images
stop_nbdkit

if ! "$without_openat2" true; then
  echo "no seccomp here: kernels without openat2 are not tested"
  exit 0
fi
SOCKET=$TMP/socket
rm -f "$SOCKET" "$TMP/pid"
"$without_openat2" nbdkit -f -U "$SOCKET" -P "$TMP/pid" "$PLUGIN" dir=images 2>"$TMP/log" &
NBDKIT_PID=$!
retry 30 test -s "$TMP/pid" || fail "nbdkit does not start"
check_confinement
refuses latest.img.xz "through a link that cannot be followed"
refuses also/two.IMG.GZ "there is no export"
