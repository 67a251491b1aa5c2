#!/bin/sh
# SPDX-License-Identifier: MIT
# Who has a certificate of this CA reads; who has none, one of another CA, or one that
# was revoked, does not; nobody can pass for the server.
# shellcheck source-path=SCRIPTDIR source=server-functions.sh
. "${srcdir:=.}/server-functions.sh"

make_image "$TMP/raw" 4
xz -0 -T2 --block-size=1MiB -c "$TMP/raw" >"$TMP/images/a.img.xz"
{
  setup server 127.0.0.1 localhost
  setup user alice
  setup user bob
  # Another CA, and a server that alice's own certificate stands for.
  "$SETUP" --directory "$TMP/other" --output "$TMP" server 127.0.0.1
  "$SETUP" --directory "$TMP/other" --output "$TMP" user mallory
} >"$TMP/words" || fail "setup"
mkdir "$TMP/nobody" "$TMP/mixed"
cp "$TMP/etc/tls/ca-cert.pem" "$TMP/nobody/"
cp "$TMP/mallory/"client-*.pem "$TMP/etc/tls/ca-cert.pem" "$TMP/mixed/"

port=$(free_port)
make_config server.conf
start_server "$TMP/server.conf" "$port"

# uri WHO [HOST]
uri ()
{
  echo "nbds://${2:-127.0.0.1}:$port/a.img.xz?tls-certificates=$TMP/$1"
}

copy_equals ()
{
  timeout 60 nbdcopy "$(uri "$@")" "$TMP/copy" || fail "no copy: $*: $(cat "$TMP/server-$port.log")"
  cmp "$TMP/raw" "$TMP/copy" || fail "the copy differs"
  rm "$TMP/copy"
}

copy_equals alice
copy_equals alice localhost
copy_equals bob
nbdinfo --list "nbds://127.0.0.1:$port/?tls-certificates=$TMP/alice" >"$TMP/list" ||
  fail "no list"
grep -q 'a.img.xz' "$TMP/list" || fail "the image is not listed: $(cat "$TMP/list")"
../../client/flash-live-remote images \
  "nbds://127.0.0.1:$port/?tls-certificates=$TMP/alice" >"$TMP/list" ||
  fail "no list by flash-live-remote"
grep -q 'a.img.xz' "$TMP/list" || fail "the image is not listed: $(cat "$TMP/list")"
refused ../../client/flash-live-remote images "nbd://127.0.0.1:$port/"
says nbds://

refused nbdinfo --size "$(uri nobody)"
grep -qi certificate "$TMP/server-$port.log" || fail "the log does not tell why"
refused nbdinfo --size "$(uri mixed)"
# The client refuses a server that another CA vouches for.
refused nbdinfo --size "$(uri mallory)"
says certificate
# ... and one whose certificate is for another name.
refused nbdinfo --size "$(uri alice 127.0.0.2)"

# A user's certificate does not make a server, even for a host of that name.
mkdir "$TMP/impostor"
cp "$TMP/alice/ca-cert.pem" "$TMP/impostor/"
setup user localhost >"$TMP/words" || fail "setup user localhost"
cp "$TMP/localhost/client-cert.pem" "$TMP/impostor/server-cert.pem"
cp "$TMP/localhost/client-key.pem" "$TMP/impostor/server-key.pem"
false_port=$(free_port $((port + 1)))
make_config false.conf
sed -i "s|^TLS_CERTIFICATES=.*|TLS_CERTIFICATES=$TMP/impostor|" "$TMP/false.conf"
start_server "$TMP/false.conf" "$false_port"
refused nbdinfo --size \
  "nbds://localhost:$false_port/a.img.xz?tls-certificates=$TMP/alice"
says certificate

# Revoked: from the next start on, bob stays outside, alice does not.
setup revoke bob >"$TMP/words" || fail "revoke"
port=$(free_port $((false_port + 1)))
start_server "$TMP/server.conf" "$port"
refused nbdinfo --size "$(uri bob)"
grep -qi certificate "$TMP/server-$port.log" || fail "the log does not tell why"
copy_equals alice

# A renewed certificate is good, with the key of before.
sleep 1
setup renew alice >"$TMP/words" || fail "renew"
cp "$TMP/alice-client-cert.pem" "$TMP/alice/client-cert.pem"
copy_equals alice
setup revoke alice >"$TMP/words" || fail "revoke a user with two certificates"
openssl crl -in "$TMP/etc/tls/ca-crl.pem" -noout -text |
  grep -c 'Serial Number' | grep -qx 3 || fail "not all are revoked"

# VERIFY_USERS=no: everybody, but still encrypted.
port=$(free_port $((port + 1)))
make_config open.conf VERIFY_USERS=no
start_server "$TMP/open.conf" "$port"
copy_equals nobody
refused nbdinfo --size "nbd://127.0.0.1:$port/a.img.xz"
