#!/bin/sh
# SPDX-License-Identifier: MIT
# The tarball of `make dist` becomes Debian packages that lintian has nothing against;
# installed by dpkg they flash a board, and removed they are gone.  The machine stays
# as it is: all is installed into overlays that nobody else sees.
set -eu
if [ -z "${IN_PRIVATE_NAMESPACE:-}" ] && [ "$(id -u)" -eq 0 ]; then
  IN_PRIVATE_NAMESPACE=yes exec unshare --mount --propagation private "$0" "$@"
fi
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/../client/flash-test.sh"
# shellcheck source=tests/install/install-functions.sh
. "$(dirname "$0")/install-functions.sh"

board_requirements
requires dpkg-buildpackage --version
requires sh -c 'command -v dh'
requires lintian --version
version=$(value_of PACKAGE_VERSION)

# quietly COMMAND...: its words only if it fails.
quietly ()
{
  "$@" >"$scratch/words" 2>&1 || {
    tail -n 60 "$scratch/words" >&2
    fail "$*"
  }
}

build_packages ()
{
  grep -qF "flash-live-remote ($version) " "$top_srcdir/debian/changelog" ||
    fail "debian/changelog is of another version than $version"
  make_quietly dist-xz
  mkdir "$scratch/packages"
  mv "$top_builddir/flash-live-remote-$version.tar.xz" "$scratch/packages"
  cd "$scratch/packages"
  tar -xf "flash-live-remote-$version.tar.xz"
  cd "flash-live-remote-$version"
  # Our own tests have run already.
  quietly env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u CC -u CFLAGS -u LDFLAGS \
    -u TESTS -u VERBOSE DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" \
    dpkg-buildpackage -us -uc -b
  cd ..
  [ "$(find . -name '*.deb' ! -name '*dbgsym*' | wc -l)" -eq 3 ] || fail "not three packages: $(ls)"
}

# over FOLDER: what is written there from now on is this test's alone.
over ()
{
  name=$(echo "$1" | tr / _)
  mkdir "$scratch/layers/$name" "$scratch/layers/$name.work"
  mount -t overlay -o "lowerdir=$1,upperdir=$scratch/layers/$name,workdir=$scratch/layers/$name.work" \
    overlay "$1" || skip "this machine has no overlays"
  cleanup_fn "umount -l $1"
}

build_packages
quietly lintian --allow-root --fail-on error,warning \
  "flash-live-remote_${version}_"*.changes

mkdir "$scratch/layers"
mount -t tmpfs tmpfs "$scratch/layers"
cleanup_fn "umount -l $scratch/layers"
for folder in /etc /usr /var; do
  over "$folder"
done
# No service is started by dpkg.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
# shellcheck disable=SC2046 # names without spaces
quietly dpkg --install $(find . -name '*.deb' ! -name '*dbgsym*')

getent passwd flash-image-server >/dev/null || fail "the server has no user"
[ -e /etc/flash-live-remote/image-server.conf ] || fail "no configuration"
[ ! -e /etc/systemd/system/sockets.target.wants/flash-image-server.socket ] ||
  fail "the socket was enabled"
quietly systemd-analyze verify flash-image-server.socket
quietly flash-image-server-setup --output "$scratch" server localhost
nbdkit flashimage --version | grep -qF "$version" || fail "the plugin is of another version"

start_board
unset FLASHIMAGE_PLUGIN FLASH_LIVE_REMOTE_HELPER_DIR
client=/usr/bin/flash-live-remote
make_image "$scratch/new.img" 24
xz -k -T2 --block-size=2MiB "$scratch/new.img"
for mode in --ramfs --stream; do
  fill_target
  flash_target $mode "pi@$board_name" "$scratch/new.img.xz"
  expect_status 0
  expect_flashed "$scratch/new.img"
  expect_clean
done
stop_board

quietly dpkg --purge flash-image-server flash-live-remote nbdkit-flashimage-plugin
for name in /usr/bin/flash-live-remote /usr/libexec/flash-live-remote \
            /usr/share/flash-live-remote /usr/sbin/flash-image-server-setup; do
  [ ! -e "$name" ] || fail "$name is left"
done
