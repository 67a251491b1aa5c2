#!/bin/sh
# SPDX-License-Identifier: MIT
# The pages tell what there is: each command and option of flash-image-server-setup,
# each file that is named, and the files and commands of the other programs.
# shellcheck source-path=SCRIPTDIR source=server-functions.sh
. "${srcdir:=.}/server-functions.sh"

page=$SOURCES/flash-image-server.pod
setup_page=$SOURCES/flash-image-server-setup.pod

"$SETUP" --help >"$TMP/help" || fail "--help"
sed -n 's/^  \(--[a-z]*\).*/\1/p' "$TMP/help" | sort >"$TMP/help-options"
sed -n 's/^=item B<\(--[a-z]*\)>.*/\1/p' "$setup_page" | sort >"$TMP/page-options"
[ "$(wc -l <"$TMP/help-options")" -eq 6 ] || fail "the options were not found"
diff "$TMP/help-options" "$TMP/page-options" || fail "help and page differ"
sed -n 's/^  flash-image-server-setup \[OPTION\.\.\.\] \([a-z]*\).*/\1/p' "$TMP/help" |
  sort -u >"$TMP/help-commands"
sed -n 's/^=item B<\([a-z]*\)>.*/\1/p' "$setup_page" | sort -u >"$TMP/page-commands"
[ "$(wc -l <"$TMP/help-commands")" -eq 6 ] || fail "the commands were not found"
diff "$TMP/help-commands" "$TMP/page-commands" || fail "help and page differ"
"$SETUP" --version | grep -q '^flash-image-server-setup [0-9]' || fail "--version"
# The defaults of --days.
grep -q 'default is 825 for the server, 400 for a user' "$setup_page" || fail "--days"
grep -q 'server 825, user 400' "$TMP/help" || fail "--days"

# What the page has people run is understood: the commands of flash-image-server-setup ...
sed -n 's/^ .*flash-image-server-setup \([a-z].*\)/\1/p' "$page" >"$TMP/commands"
[ "$(wc -l <"$TMP/commands")" -ge 4 ] || fail "the page's commands were not found"
while read -r line; do
  # shellcheck disable=SC2086 # words
  setup $line >"$TMP/words" || fail "of the page: $line: $(cat "$TMP/words")"
done <"$TMP/commands"
# ... settings ...
for key in $(grep -o '[BC]<[A-Z_]*=[^>]*>' "$page" | sed 's/.<\([A-Z_]*\)=.*/\1/' | sort -u); do
  grep -q "^#$key=" "$SOURCES/image-server.conf.in" ||
    [ -n "$(grep -o "^$key=" "$SOURCES/flash-image-server.service.in")" ] ||
    fail "the page names $key, which is neither a setting nor in the unit"
done
# ... names of systemd's, and figures.
for file in flash-image-server.service.in flash-image-server.socket; do
  [ -e "$SOURCES/$file" ] || fail "no $file"
done
grep -q '^MemoryMax=60%' "$SOURCES/flash-image-server.service.in" || fail "MemoryMax"
grep -q 'MemoryMax=> of the service is 60%' "$page" || fail "the page's MemoryMax"
grep -q '^ListenStream=10809' "$SOURCES/flash-image-server.socket" || fail "the port"
grep -q '^TimeoutStopSec=5$' "$SOURCES/flash-image-server.service.in" || fail "the stop"

# The manual has the example of HAProxy, as it is.
for section in '7:flash-image-server' '8:flash-image-server-setup'; do
  [ -s "../../image-server/${section#*:}.${section%%:*}" ] || fail "no page $section"
done
for line in 'balance source' 'tcp-check expect binary 4e42444d41474943'; do
  sed 's/\\-/-/g' ../../image-server/flash-image-server.7 | grep -qF "$line" || fail "not in the page: $line"
done
! grep -q '@haproxy' ../../image-server/flash-image-server.7 || fail "a placeholder stayed"
# A default is written in two places, once for people: they must agree.
limit=$(sed -n 's/^#CONNECTIONS=//p' "$SOURCES/image-server.conf.in")
grep -q "^connections=$limit$" "$SOURCES/flash-image-server.sh" || fail "CONNECTIONS"
