#!/bin/sh
# SPDX-License-Identifier: MIT
# Addresses with a lifetime get one without an end; others stay as they are.

# shellcheck source=tests/functions.sh
. "$(dirname -- "$0")/../functions.sh"

[ "$(id -u)" = 0 ] || skip "a network namespace needs root"
requires ip -V
requires unshare --net true
if [ "${1:-}" != inside ]; then
  rm -rf -- "$scratch"
  exec unshare --net sh "$0" inside
fi
set -eu

ip link set lo up
ip address add 192.0.2.1/24 dev lo valid_lft 100 preferred_lft 50
ip address add 192.0.2.77/24 dev lo
ip address add 2001:db8::1/64 dev lo valid_lft 100 preferred_lft 50
mkfifo "$scratch/said"
cat "$scratch/said" >"$scratch/records" &
FLASH_STATUS_FD=3 "$top_builddir/helper/flash-helper" keep-addresses 3>"$scratch/said" ||
  fail "exit status $?"
wait $!
[ ! -s "$scratch/records" ] || fail "it said: $(cat "$scratch/records")"
ip address show dev lo >"$scratch/after"
if grep -q '[0-9]sec' "$scratch/after"; then
  fail "a lifetime is left: $(cat "$scratch/after")"
fi
for address in 192.0.2.1/24 192.0.2.77/24 2001:db8::1/64; do
  grep -q "$address" "$scratch/after" || fail "$address is gone"
done
