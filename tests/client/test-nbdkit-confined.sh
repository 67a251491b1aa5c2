#!/bin/sh
# SPDX-License-Identifier: MIT
# nbdkit, which decodes the image, serves a whole flash confined; so does the relay that speaks to an image server.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"
# shellcheck source=tests/client/image-servers.sh
. "$(dirname "$0")/image-servers.sh"
grep -q '^Seccomp:' /proc/self/status || skip "this kernel has no seccomp"

# expect_confined PID...: by what the kernel says of each.
expect_confined ()
{
  [ $# -eq "$nbdkits" ] || fail "$# nbdkits are running, not $nbdkits"
  for pid; do
    grep -Eq '^NoNewPrivs:[[:space:]]*1$' "/proc/$pid/status" ||
      fail "nbdkit may gain privileges: $(cat "/proc/$pid/status")"
    grep -Eq '^Seccomp:[[:space:]]*2$' "/proc/$pid/status" ||
      fail "nbdkit has no filter: $(cat "/proc/$pid/status")"
    grep -Eq '^Max core file size +1 +1 ' "/proc/$pid/limits" ||
      fail "nbdkit may leave a core dump: $(cat "/proc/$pid/limits")"
  done
}

# in_the_middle COUNT: so many of them are confined, and the flash succeeds.
in_the_middle ()
{
  # shellcheck disable=SC2046 # one word each
  nbdkits=$1 expect_confined $(nbdkit_of_flash)
  finish_flash
  expect_status 0
  expect_flashed "$scratch/images/large.img"
  expect_clean
}

board_disk_mb=256
start_board
mkdir "$scratch/images"
make_image "$scratch/images/large.img" 200
xz -T0 -0 --block-size=4MiB -k "$scratch/images/large.img"

slow_image_server 100
start_flash --stream "root@$board_name" "$scratch/images/large.img.xz"
wait_until 120 said '^writing +[1-9]'
in_the_middle 1

# The one that speaks to the server, and the one that decodes.
start_flash_from_server "$flashimage" "dir=$scratch/images"
in_the_middle 2
