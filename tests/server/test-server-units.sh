#!/bin/sh
# SPDX-License-Identifier: MIT
# systemd takes the units without a word, rates the service as the page says, and knows
# its user.
# shellcheck source-path=SCRIPTDIR source=server-functions.sh
. "${srcdir:=.}/server-functions.sh"

require systemd-analyze
version=$(systemd-analyze --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
[ "$version" -ge 250 ] || { echo "skipped: systemd $version has no security --offline"; exit 77; }

units=$TMP/units
mkdir "$units"
sed "s|^ExecStart=[^ ]*|ExecStart=$SERVER|" ../../image-server/flash-image-server.service \
  >"$units/flash-image-server.service"
cp "$SOURCES/flash-image-server.socket" "$units/"
grep -q "^ExecStart=/.*/flash-image-server /.*/flash-live-remote/image-server.conf$" \
  ../../image-server/flash-image-server.service || fail "ExecStart"

systemd-analyze verify --man=no "$units/flash-image-server.service" \
  "$units/flash-image-server.socket" >"$TMP/words" 2>&1 || fail "$(cat "$TMP/words")"
[ ! -s "$TMP/words" ] || fail "systemd-analyze: $(cat "$TMP/words")"

# Of 10; --threshold wants tenths.
systemd-analyze security --offline=true --no-pager --threshold=9 \
  "$units/flash-image-server.service" >"$TMP/security" 2>&1 ||
  fail "$(tail -n 1 "$TMP/security")"
rated=$(sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p' "$TMP/security")
echo "exposure: $rated"
if [ "$version" -eq 252 ]; then
  grep -q "rates its exposure $rated (systemd 252" "$SOURCES/flash-image-server.pod" ||
    fail "the page has another figure than $rated"
fi

if command -v systemd-sysusers >/dev/null; then
  systemd-sysusers --dry-run "$SOURCES/flash-image-server.sysusers" >"$TMP/words" 2>&1 ||
    fail "sysusers: $(cat "$TMP/words")"
fi
for file in "$units/flash-image-server.service" "$SOURCES/flash-image-server.sysusers"; do
  grep -q '^\(User=\|u \)flash-image-server' "$file" || fail "$file names another user"
done
