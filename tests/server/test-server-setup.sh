#!/bin/sh
# SPDX-License-Identifier: MIT
# flash-image-server-setup: what it makes is readable by nobody else, never overwritten,
# the same when it is run again; no secret is in a command line.
# shellcheck source-path=SCRIPTDIR source=server-functions.sh
. "${srcdir:=.}/server-functions.sh"

# state: everything that is kept and handed over, with its content.
state ()
{
  (cd "$TMP" && find etc alice alice.psk -type f ! -name lock -exec sha256sum {} + | sort)
}

setup server images.lan www.images.lan 192.0.2.7 2001:DB8::7 >"$TMP/words" || fail "server"
setup user alice >"$TMP/words" || fail "user"
setup psk alice >"$TMP/words" || fail "psk"

openssl verify -CAfile "$TMP/alice/ca-cert.pem" -purpose sslclient \
  "$TMP/alice/client-cert.pem" >/dev/null || fail "alice's certificate"
for name in images.lan www.images.lan; do
  openssl verify -CAfile "$TMP/alice/ca-cert.pem" -purpose sslserver \
    -verify_hostname "$name" "$TMP/etc/tls/server-cert.pem" >/dev/null || fail "$name"
done
for address in 192.0.2.7 2001:db8::7; do
  openssl verify -CAfile "$TMP/alice/ca-cert.pem" -verify_ip "$address" \
    "$TMP/etc/tls/server-cert.pem" >/dev/null || fail "$address"
done
[ "$(openssl x509 -in "$TMP/alice/client-cert.pem" -noout -pubkey)" = \
  "$(openssl pkey -in "$TMP/alice/client-key.pem" -pubout)" ] || fail "alice's key"
grep -Eqx 'alice:[0-9a-f]{64}' "$TMP/alice.psk" || fail "alice's PSK"
cmp "$TMP/alice.psk" "$TMP/etc/tls/keys.psk" || fail "the server's PSK"

# Nobody else reads it.  (A group of the server's name may be there, and be us.)
find "$TMP/etc/ca" "$TMP/alice" "$TMP/alice.psk" -perm /077 >"$TMP/found"
find "$TMP/etc/tls" -perm /027 >>"$TMP/found"
[ ! -s "$TMP/found" ] || fail "readable by others: $(cat "$TMP/found")"
if [ "$(id -u)" -eq 0 ]; then
  group=$(getent group | awk -F: '$3 != 0 { print $1; exit }')
  "$SETUP" --directory "$TMP/grouped" --group "$group" server localhost >"$TMP/words" ||
    fail "--group"
  find "$TMP/grouped/tls" ! -group "$group" >"$TMP/found"
  find "$TMP/grouped/tls" -type f ! -perm 0640 >>"$TMP/found"
  find "$TMP/grouped/ca" -group "$group" >>"$TMP/found"
  [ ! -s "$TMP/found" ] || fail "the server's group: $(cat "$TMP/found")"
fi

# Again: nothing changes.
state >"$TMP/before"
for command in "server images.lan www.images.lan 192.0.2.7 2001:db8:0::7" "user alice" \
    "psk alice"; do
  # shellcheck disable=SC2086 # words
  setup $command >"$TMP/words" || fail "again: $command"
  says 'nothing to do'
done
setup list >"$TMP/words" || fail "list"
says 'alice  certificate until'
says 'alice  key'
says 'IP:192.0.2.7'
state | cmp - "$TMP/before" || fail "something was changed"

# Never overwritten: where the user's files are elsewhere, and where others are.
mkdir "$TMP/elsewhere" "$TMP/carol"
refused "$SETUP" --directory "$TMP/etc" --output "$TMP/elsewhere" user alice
says 'renew alice'
refused "$SETUP" --directory "$TMP/etc" --output "$TMP/elsewhere" psk alice
says 'revoke alice'
refused setup user carol
says 'nothing was changed'
echo mine >"$TMP/carol.psk"
refused setup psk carol
says 'nothing was changed'
state | cmp - "$TMP/before" || fail "something was changed by what was refused"

# Other names: another certificate, the same key.
cp "$TMP/etc/tls/server-key.pem" "$TMP/key"
setup server images.lan >"$TMP/words" || fail "other names"
cmp "$TMP/key" "$TMP/etc/tls/server-key.pem" || fail "another key"
refused openssl verify -CAfile "$TMP/alice/ca-cert.pem" -verify_ip 192.0.2.7 \
  "$TMP/etc/tls/server-cert.pem"
setup --days 20 renew server >"$TMP/words" || fail "renew server"
openssl x509 -in "$TMP/etc/tls/server-cert.pem" -noout -checkend 1900800 >/dev/null &&
  fail "--days is not obeyed"
# One that ends soon is not left alone.
setup server images.lan >"$TMP/words" || fail "near its end"
openssl x509 -in "$TMP/etc/tls/server-cert.pem" -noout -checkend 1900800 >/dev/null ||
  fail "a certificate that ends soon was kept"

# Nonsense, with clear words.
for user in '' . ../x 'a b' 'a:b' -x 'a
b' server "$(printf '%065d' 0)"; do
  refused setup -- user "$user"
  says "name"
done
for name in '' 'a_b' 'x y' -x 'a,DNS:b' '1:2/3' "a
b"; do
  refused setup -- server "$name"
  says "neither a host name nor an address"
done
refused setup --days 0 user dave
refused setup --days x user dave
refused setup --output "$TMP/none" user dave
says 'no such folder'
refused setup revoke dave
says 'neither a certificate nor a key'
refused "$SETUP" --directory "$TMP/empty" --output "$TMP" user dave
says 'Begin with'
refused setup frobnicate
refused setup

setup revoke alice >"$TMP/words" || fail "revoke"
setup revoke alice >"$TMP/words" || fail "revoke again"
says 'nothing to do'
! grep -q alice "$TMP/etc/tls/keys.psk" || fail "the key is still there"

# What runs while keys are made shows none of them.
if strace -f -o "$TMP/trace" true 2>/dev/null; then
  strace -f -s 4096 -e trace=execve -o "$TMP/trace" \
    "$SETUP" --directory "$TMP/etc" --output "$TMP" psk erin >"$TMP/words" || fail "strace"
  grep -q openssl "$TMP/trace" || fail "nothing was traced"
  ! grep -qF "$(cut -d: -f2 "$TMP/erin.psk")" "$TMP/trace" || fail "a key in a command line"
fi
