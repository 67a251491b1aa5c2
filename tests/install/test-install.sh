#!/bin/sh
# SPDX-License-Identifier: MIT
# `make install` puts each file where it belongs, and no other; a configuration that
# somebody changed stays; `make uninstall` leaves nothing.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
# shellcheck source=tests/install/install-functions.sh
. "$(dirname "$0")/install-functions.sh"

dest=$scratch/dest
umask 022

# installed: mode and name of each file.
installed ()
{
  find "$dest" ! -type d -printf '%m /%P\n' | sort
}

{
  while read -r mode folder name; do
    [ "$mode" = '#' ] || printf '%s %s/%s\n' "$mode" "$(value_of "$folder")" "$name"
  done <"$top_srcdir/tests/install/installed-files.txt"
  for program in $(value_of HELPER_PROGRAMS) $(value_of HELPER_BUSYBOXES); do
    printf '755 %s/flash-live-remote/%s\n' "$(value_of libexecdir)" "$program"
  done
} | sort >"$scratch/expected"
grep -q '^755 .*/flash-helper-' "$scratch/expected" || fail "no helper is expected"

make_quietly install DESTDIR="$dest"
installed >"$scratch/found"
diff "$scratch/expected" "$scratch/found" || fail "what was installed differs"

# Nothing that was installed points into the build.
! grep -rlF -e "$dest" -e "$top_builddir/" --include='*.service' --include='*.conf' \
    --include='flash-image-server*' "$dest" || fail "that has a path of the build"

# Once more: the configuration is somebody's by now.
configuration=$dest$(value_of sysconfdir)/flash-live-remote/image-server.conf
echo 'IMAGES=/srv/other' >>"$configuration"
make_quietly install DESTDIR="$dest"
tail -n 1 "$configuration" | grep -qx 'IMAGES=/srv/other' || fail "the configuration is lost"
make_quietly uninstall DESTDIR="$dest"
[ "$(installed)" = "644 ${configuration#"$dest"}" ] || fail "left: $(installed)"

rm "$configuration"
make_quietly install DESTDIR="$dest"
make_quietly uninstall DESTDIR="$dest"
[ -z "$(installed)" ] || fail "left: $(installed)"
[ -z "$(find "$dest" -name 'flash-live-remote')" ] || fail "a folder is left"
