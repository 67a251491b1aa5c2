#!/bin/sh
# SPDX-License-Identifier: MIT
# rpm understands the spec, whose packages have each file that `make install` installs.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
# shellcheck source=tests/install/install-functions.sh
. "$(dirname "$0")/install-functions.sh"
requires rpmspec --version

spec=$top_srcdir/packaging/flash-live-remote.spec
HOME=$scratch
export HOME

rpmspec -q --qf '%{name} %{version}\n' "$spec" >"$scratch/packages" 2>"$scratch/words" || {
  cat "$scratch/words" >&2
  fail "rpm does not understand the spec"
}
[ ! -s "$scratch/words" ] || fail "rpm complains: $(cat "$scratch/words")"
version=$(value_of PACKAGE_VERSION)
for package in flash-live-remote nbdkit-flashimage-plugin flash-image-server; do
  grep -qx "$package $version" "$scratch/packages" || fail "no $package of $version"
done

# What is in some package, as patterns of the shell.
rpmspec -P "$spec" | sed -n '/^%files/,/^%changelog/p' |
  sed -n 's/^\(%config(noreplace) \)\{0,1\}\(\/.*\)/\2/p' >"$scratch/patterns"
[ "$(wc -l <"$scratch/patterns")" -ge 20 ] || fail "no lists of files were found"

is_packaged ()
{
  while read -r pattern; do
    # shellcheck disable=SC2254 # a pattern
    case $1 in
      $pattern|$pattern/*) return 0 ;;
    esac
  done <"$scratch/patterns"
  return 1
}

# folder_of VARIABLE: of make's, for the prefix of distributions.
folder_of ()
{
  case $1 in
    plugindir) rpm --eval '%{_libdir}/nbdkit/plugins' ;;
    sysconfdir) echo /etc ;;
    systemdsystemunitdir) echo /usr/lib/systemd/system ;;
    sysusersdir) echo /usr/lib/sysusers.d ;;
    bashcompletiondir) echo /usr/share/bash-completion/completions ;;
    fishcompletiondir) echo /usr/share/fish/vendor_completions.d ;;
    zshcompletiondir) echo /usr/share/zsh/site-functions ;;
    pkgdatadir) echo /usr/share/flash-live-remote ;;
    docdir) echo /usr/share/doc/flash-live-remote ;;
    *) rpm --eval "%{_$1}" ;;
  esac
}

while read -r mode folder name; do
  [ "$mode" != '#' ] || continue
  is_packaged "$(folder_of "$folder")/$name" || fail "$name is in no package"
done <"$top_srcdir/tests/install/installed-files.txt"
is_packaged "$(folder_of libexecdir)/flash-live-remote/flash-helper-$(value_of HELPER_ARCH)" ||
  fail "the helper is in no package"
