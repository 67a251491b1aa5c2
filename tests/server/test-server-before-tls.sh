#!/bin/sh
# SPDX-License-Identifier: MIT
# Before TLS a client learns no name, no size, not even whether an image exists.
# shellcheck source-path=SCRIPTDIR source=server-functions.sh
. "${srcdir:=.}/server-functions.sh"

name=secret-product-7.img
make_image "$TMP/images/$name" 2
setup server 127.0.0.1 >"$TMP/words" || fail "setup"
setup psk alice >"$TMP/words" || fail "setup psk"
make_config certificates.conf
make_config psk.conf TLS=psk

for kind in certificates psk; do
  port=$(free_port)
  start_server "$TMP/$kind.conf" "$port"
  for asked in "$name" no-such-image; do
    ./before-tls "$port" "$asked" >"$TMP/answer.$asked" || fail "$kind: asked for $asked"
  done
  cmp "$TMP/answer.$name" "$TMP/answer.no-such-image" ||
    fail "$kind: the answer tells whether the image exists"
  ! grep -qa secret "$TMP/answer.$name" || fail "$kind: a name was told"
  refused nbdinfo "nbd://127.0.0.1:$port/$name"
  says TLS
  ! grep -q "$name" "$TMP/server-$port.log" ||
    fail "$kind: the image was opened: $(cat "$TMP/server-$port.log")"
done
