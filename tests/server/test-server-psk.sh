#!/bin/sh
# SPDX-License-Identifier: MIT
# TLS=psk: who has a key reads; a key that is added or taken away counts at once.
# shellcheck source-path=SCRIPTDIR source=server-functions.sh
. "${srcdir:=.}/server-functions.sh"

make_image "$TMP/raw" 4
gzip -1 -c "$TMP/raw" >"$TMP/images/a.img.gz"
setup psk alice >"$TMP/words" || fail "psk alice"
port=$(free_port)
make_config server.conf TLS=psk
start_server "$TMP/server.conf" "$port"

# uri USER FILE
uri ()
{
  echo "nbds://$1@127.0.0.1:$port/a.img.gz?tls-psk-file=$TMP/$2"
}

nbdcopy "$(uri alice alice.psk)" "$TMP/copy" ||
  fail "no copy: $(cat "$TMP/server-$port.log")"
cmp "$TMP/raw" "$TMP/copy" || fail "the copy differs"

setup psk bob >"$TMP/words" || fail "psk bob"
nbdinfo --size "$(uri bob bob.psk)" || fail "a new user has to wait"

sed 's/^bob:/alice:/' "$TMP/bob.psk" >"$TMP/forged.psk"
refused nbdinfo --size "$(uri alice forged.psk)"
sed 's/^bob:/mallory:/' "$TMP/bob.psk" >"$TMP/mallory.psk"
refused nbdinfo --size "$(uri mallory mallory.psk)"
refused nbdinfo --size "nbd://127.0.0.1:$port/a.img.gz"

setup revoke bob >"$TMP/words" || fail "revoke"
refused nbdinfo --size "$(uri bob bob.psk)"
nbdinfo --size "$(uri alice alice.psk)" || fail "another user was revoked, too"
