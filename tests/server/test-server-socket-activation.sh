#!/bin/sh
# SPDX-License-Identifier: MIT
# A listening socket that is handed over (LISTEN_FDS) reaches nbdkit: the server is
# started by the first client, and those who connect while it is replaced just wait.
# shellcheck source-path=SCRIPTDIR source=server-functions.sh
. "${srcdir:=.}/server-functions.sh"
require systemd-socket-activate

make_image "$TMP/images/a.img" 2
setup psk alice >/dev/null
make_config server.conf TLS=psk
port=$(free_port)
uri="nbds://alice@127.0.0.1:$port/a.img?tls-psk-file=$TMP/alice.psk"

# Plain paths of the tests' environment only; it stays the same process throughout.
systemd-socket-activate -l "127.0.0.1:$port" -E "FLASHIMAGE_PLUGIN=$PLUGIN" -E "PATH=$PATH" \
  "$SERVER" "$TMP/server.conf" 2>"$TMP/server.log" &
pid=$!
SERVERS=$pid
retry 30 listens_on "$port" || fail "nobody listens: $(cat "$TMP/server.log")"
grep -q socket-activate "/proc/$pid/cmdline" || fail "started before there was a client"

timeout 60 nbdcopy "$uri" "$TMP/copy" || fail "no copy: $(cat "$TMP/server.log")"
cmp "$TMP/images/a.img" "$TMP/copy" || fail "the copy differs"
tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q '^nbdkit -f -t 1 --tls=require' ||
  fail "the process is not nbdkit: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
timeout 60 nbdcopy "$uri" "$TMP/copy" || fail "no second copy"
