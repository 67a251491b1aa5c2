#!/bin/sh
# SPDX-License-Identifier: MIT
# cppcheck finds nothing in the programs' sources.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/functions.sh"
requires cppcheck --version

# Left out, for these are not so here:
#   memleak, resourceLeak: it does not know that locals are released by attributes
#     (common/cleanup.h), nor that a fault ends in the caller's close
#   autoVariables: a thread that waits is in a list for as long as it waits
#   varFuncNullUB: POSIX's NULL is a pointer
#   wrongPrintfScanfArgNum: the compilers look, and more arguments than a format
#     takes are allowed
cd "$top_srcdir"
cppcheck -q -j "$(nproc)" --std=c11 --language=c --error-exitcode=1 \
  --enable=warning,portability,performance \
  --suppress=memleak --suppress=resourceLeak --suppress=autoVariables \
  --suppress=varFuncNullUB --suppress=wrongPrintfScanfArgNum \
  -D__x86_64__ -DHAVE_EXT2FS=1 -Icommon -Iclient -Ihelper -Inbdkit-plugin \
  common client helper nbdkit-plugin >"$scratch/said" 2>&1 ||
  fail "$(cat "$scratch/said")"
