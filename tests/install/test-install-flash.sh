#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make install` installs flashes a board: with its own plugin and helper, where
# they were installed.  A private mount namespace shows them there.
set -eu
if [ -z "${IN_PRIVATE_NAMESPACE:-}" ] && [ "$(id -u)" -eq 0 ]; then
  IN_PRIVATE_NAMESPACE=yes exec unshare --mount --propagation private "$0" "$@"
fi
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/../client/flash-test.sh"
# shellcheck source=tests/install/install-functions.sh
. "$(dirname "$0")/install-functions.sh"

board_requirements
prefix=$(value_of prefix)
case $prefix in
  /usr/local|/opt/*) [ -d "$prefix" ] || skip "there is no $prefix to show them in" ;;
  *) skip "the prefix is $prefix, which this machine lives in" ;;
esac
make_quietly install DESTDIR="$scratch/dest"
mount --bind "$scratch/dest$prefix" "$prefix"
cleanup_fn "umount -l $prefix"

start_board
unset FLASHIMAGE_PLUGIN FLASH_LIVE_REMOTE_HELPER_DIR
client=$prefix/bin/flash-live-remote
make_image "$scratch/new.img" 24
xz -k -T2 --block-size=2MiB "$scratch/new.img"
for mode in --ramfs --stream; do
  fill_target
  flash_target $mode "pi@$board_name" "$scratch/new.img.xz"
  expect_status 0
  expect_flashed "$scratch/new.img"
  expect_clean
done

# Without its plugin and its helper there it does not: they were those that worked.
mv "$prefix/libexec/flash-live-remote" "$scratch/away"
flash_target "pi@$board_name" "$scratch/new.img.xz"
expect_status 3
mv "$scratch/away" "$prefix/libexec/flash-live-remote"
rm "$(value_of plugindir)/nbdkit-flashimage-plugin.so"
flash_target "pi@$board_name" "$scratch/new.img.xz"
expect_status 3
