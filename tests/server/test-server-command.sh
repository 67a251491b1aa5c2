#!/bin/sh
# SPDX-License-Identifier: MIT
# image-server.conf becomes nbdkit's command line; what makes no sense in it is refused
# with its line, and nothing in it is run.
# shellcheck source-path=SCRIPTDIR source=server-functions.sh
. "${srcdir:=.}/server-functions.sh"

conf=$TMP/image-server.conf
unset CACHE_DIRECTORY

# printed LINE...: what the server would run, in one line.
printed ()
{
  printf '%s\n' "$@" >"$conf"
  "$SERVER" --print "$conf" >"$TMP/printed" || fail "refused: $*"
  tr '\n' ' ' <"$TMP/printed"
}

# expect COMMAND LINE...
expect ()
{
  want=$1
  shift
  got=$(printed "$@")
  [ "$got" = "$want " ] || fail "$(printf 'for\n%s\nit is\n%s\nand not\n%s' "$*" "$got" "$want")"
}

setup server localhost >/dev/null
setup psk alice >/dev/null
tls=$TMP/etc/tls
images=$TMP/images

expect "nbdkit -f -t 1 --tls=require --tls-certificates=$tls --tls-verify-peer \
--filter=limit $PLUGIN dir=$images limit=512" \
  "IMAGES=$images" "TLS_CERTIFICATES=$tls"
expect "nbdkit -f -t 1 --tls=require --tls-certificates=$tls $PLUGIN dir=$images" \
  "IMAGES=$images" "TLS_CERTIFICATES=$tls" VERIFY_USERS=no CONNECTIONS=0
expect "nbdkit -f -t 1 --tls=require --tls-psk=$tls/keys.psk --filter=limit --filter=ip -v \
$PLUGIN dir=$images cache=64M threads=2 tmpdir=$TMP index=none limit=8 allow=127.0.0.1 deny=*" \
  '# a comment' '' "IMAGES=\"$images\"" "TLS=psk" "TLS_PSK='$tls/keys.psk'" CACHE=64M \
  THREADS=2 "TMPDIR=$TMP" INDEX=none CONNECTIONS=8 'OPTIONS=--filter=ip  -v ' \
  'PARAMETERS=allow=127.0.0.1 deny=*'
expect "nbdkit -f -t 1 --tls=off --filter=limit $PLUGIN dir=$images limit=512" \
  "IMAGES=$images" TLS=off

# What systemd says of the cache counts, unless the file says otherwise.
printf '%s\n' "IMAGES=$images" TLS=off CONNECTIONS=0 >"$conf"
CACHE_DIRECTORY=/var/cache/x "$SERVER" --print "$conf" >"$TMP/printed"
grep -qx index=/var/cache/x "$TMP/printed" || fail "CACHE_DIRECTORY is ignored"
# The shipped file is all comments, and each comment is a setting.
sed -n 's/^#\([A-Z_]*\)=/\1=/p' ../../image-server/image-server.conf |
  sed "s|^IMAGES=.*|IMAGES=$images|;s|^TLS=.*|TLS=off|;/^OPTIONS=./d;/^PARAMETERS=./d" >"$conf"
[ "$(wc -l <"$conf")" -ge 12 ] || fail "the shipped file lacks settings"
"$SERVER" --print "$conf" >"$TMP/printed" || fail "a setting of the shipped file is refused"

# A folder of images with spaces in its name, and an option of the command line.
mkdir "$TMP/two  images"
printf '%s\n' "IMAGES=$TMP/two  images" TLS=off >"$conf"
"$SERVER" --print "$conf" -p 10810 >"$TMP/printed"
grep -qxF "dir=$TMP/two  images" "$TMP/printed" || fail "spaces in a name"
grep -qx 10810 "$TMP/printed" || fail "an option of the command line"

# refuse WORDS LINE...
refuse ()
{
  words=$1
  shift
  printf '%s\n' "$@" >"$conf"
  refused "$SERVER" --print "$conf"
  says "$words"
}

refuse "line 2: there is no setting called IMAGE" '' "IMAGE=$images"
refuse "line 1: this is not KEY=VALUE" "export IMAGES=$images"
refuse "line 2: IMAGES is set a second time" "IMAGES=$images" IMAGES=/tmp
refuse "quotes and backslashes" "IMAGES=$images" 'OPTIONS="-v" "-v"'
refuse "control characters" "IMAGES=$images$(printf '\001')"
refuse "a path that begins with /" IMAGES=images
refuse "no such folder" "IMAGES=$TMP/nothing"
refuse "must be certificates, psk or off" "IMAGES=$images" TLS=yes
refuse "$TMP/ca-cert.pem is missing" "IMAGES=$images" "TLS_CERTIFICATES=$TMP"
refuse "flash-image-server-setup" "IMAGES=$images" "TLS_CERTIFICATES=$TMP"
refuse "none.psk is missing or empty" "IMAGES=$images" TLS=psk "TLS_PSK=$TMP/none.psk"
refuse "must be yes or no" "IMAGES=$images" TLS=off VERIFY_USERS=maybe
refuse "CACHE=64Q: a number" "IMAGES=$images" TLS=off CACHE=64Q
refuse "THREADS=-1: a number" "IMAGES=$images" TLS=off THREADS=-1
refuse "CONNECTIONS=: a number" "IMAGES=$images" TLS=off CONNECTIONS=
refuse "TMPDIR=$TMP/none: not a folder" "IMAGES=$images" TLS=off "TMPDIR=$TMP/none"
refuse "that is what TLS= is for" "IMAGES=$images" OPTIONS=--tls=off TLS=off
refuse "-t 1" "IMAGES=$images" TLS=off 'OPTIONS=-v -t 16'
refuse "not a server" "IMAGES=$images" TLS=off OPTIONS=--run
refuse "a setting of its own" "IMAGES=$images" TLS=off PARAMETERS=dir=/etc
refuse "not key=value" "IMAGES=$images" TLS=off PARAMETERS=-v
refused "$SERVER" "$TMP/no.conf"
says "cannot be read"
refused "$SERVER"
says usage

# Nothing in it is run.
# shellcheck disable=SC2016 # meant to stay as it is
printf 'IMAGES=$(touch %s/run)\nOPTIONS=`touch %s/run`\n' "$TMP" "$TMP" >"$conf"
refused "$SERVER" --print "$conf"
[ ! -e "$TMP/run" ] || fail "a part of the configuration was run"

# A list of revoked users that cannot be read is no empty list.
: >"$tls/ca-crl.pem"
refuse "ca-crl.pem is missing or empty" "IMAGES=$images" "TLS_CERTIFICATES=$tls"
