#!/bin/sh
# SPDX-License-Identifier: MIT
# The scan of an image is remembered for the next flash, but not of one that was
# changed, whatever its times say; --rescan neither takes nor keeps it.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

requires xz --version
start_board
make_image "$scratch/disk.img" 16
xz -0 -T2 --block-size=4MiB "$scratch/disk.img"
image=$scratch/disk.img.xz
# A file that was written a moment ago is not remembered on file systems with
# coarse times.
sleep 2

# remembered: how many scans there are
remembered ()
{
  find "$XDG_CACHE_HOME" -type f 2>/dev/null | wc -l
}

flash --rescan --device "$board_target" --dry-run "root@$board_name" "$image"
expect_status 0
[ "$(remembered)" -eq 0 ] || fail "--rescan has kept a scan"

flash --device "$board_target" --dry-run "root@$board_name" "$image"
expect_status 0
[ "$(remembered)" -eq 1 ] || fail "the scan is not remembered"

flash_target "root@$board_name" "$image"
expect_status 0
xz -dc "$image" | cmp -n 16777216 - "$board_target" || fail "the disk differs"

# The same size, and the same modification time.
touch -r "$image" "$scratch/times"
printf 'XX' | dd of="$image" bs=1 seek=5000000 conv=notrunc status=none
touch -r "$scratch/times" "$image"
remember_target
flash_target "root@$board_name" "$image"
expect_status 3
expect_says "is damaged" "nothing was written"
expect_untouched
