#!/bin/sh
# SPDX-License-Identifier: MIT
# --ssh=openssh: each mode as root and with sudo, byte-exact, with nothing left on either side.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

requires ssh -V
start_board
make_image "$scratch/new.img" 24
xz -k -T2 --block-size=2MiB "$scratch/new.img"
# Short, for it holds a socket.
TMPDIR=$(mktemp -d /tmp/openssh-XXXX)
export TMPDIR
cleanup_fn "rm -rf $TMPDIR"

echo "a configuration that has fingerprints said otherwise"
flash_target --ssh=openssh -o FingerprintHash=md5 --dry-run "root@$board_name" \
  "$scratch/new.img.xz"
expect_status 0

for user in root pi; do
  for mode in --ramfs --stream; do
    echo "$user $mode"
    fill_target
    flash_target --ssh=openssh $mode "$user@$board_name" "$scratch/new.img.xz"
    expect_status 0
    expect_flashed "$scratch/new.img"
    expect_rest_untouched "$scratch/new.img"
    expect_clean
    [ -z "$(ls "$TMPDIR")" ] || fail "left on this machine: $(ls "$TMPDIR")"
  done
done
