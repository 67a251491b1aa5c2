#!/bin/sh
# SPDX-License-Identifier: MIT
# Each parameter of the help is in the man page, and the other way round.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"

pod=$srcdir/../../nbdkit-plugin/nbdkit-flashimage-plugin.pod
nbdkit "$PLUGIN" --help | sed -n 's/^\[\{0,1\}\([a-z]*\)=.*/\1/p' | sort >"$TMP/help"
sed -n 's/^=item \[\{0,1\}B<\([a-z]*\)=>.*/\1/p' "$pod" | sort >"$TMP/man"
[ "$(wc -l <"$TMP/man")" -ge 4 ] || fail "no parameters found in the man page"
diff "$TMP/help" "$TMP/man" || fail "help and man page differ"

nbdkit "$PLUGIN" --dump-plugin | grep '^flashimage_' | while read -r line; do
  grep -q "^=item C<$line>" "$pod" || fail "not in the man page: $line"
done
