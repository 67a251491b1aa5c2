#!/bin/sh
# SPDX-License-Identifier: MIT
# nbdkit makes its socket, and listens on it a moment later (on a busy machine, a long
# one): nobody takes that for an image server that refuses.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/image-servers.sh
. "$(dirname "$0")/image-servers.sh"

cat >"$scratch/slow.c" <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

int
listen (int fd, int n)
{
  int (*next) (int, int) = (int (*) (int, int)) dlsym (RTLD_NEXT, "listen");

  usleep (700000);
  return next (fd, n);
}
END
requires cc -shared -fPIC -o "$scratch/slow.so" "$scratch/slow.c" -ldl

start_board
remember_target
mkdir "$scratch/images"
make_image "$scratch/images/new.img" 4
start_nbd_server file "dir=$scratch/images"

LD_PRELOAD=$scratch/slow.so
export LD_PRELOAD
for image in "$scratch/images/new.img" "nbd://127.0.0.1:$port/new.img"; do
  flash_target --dry-run "root@$board_name" "$image"
  expect_status 0
done
unset LD_PRELOAD
expect_untouched
