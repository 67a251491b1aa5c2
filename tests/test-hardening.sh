#!/bin/sh
# SPDX-License-Identifier: MIT
# The built programs have what their hardening flags promise, as the linker left it.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/functions.sh"
requires readelf --version

harden_cflags=$(sed -n 's/^HARDEN_CFLAGS = //p' "$top_builddir/Makefile")
[ -n "$harden_cflags" ] || skip "this build is without hardening"

# describe PROGRAM: what readelf tells, in $scratch.
describe ()
{
  [ -e "$1" ] || fail "$1 is not built"
  readelf -hW "$1" >"$scratch/header"
  readelf -lW "$1" >"$scratch/segments"
  readelf -dW "$1" >"$scratch/dynamic" 2>/dev/null
  readelf -sW "$1" >"$scratch/symbols"
}

# expect_segments PROGRAM: nothing can be written and executed, the stack least of
# all, and what the loader has filled in is read-only.
expect_segments ()
{
  grep -q GNU_RELRO "$scratch/segments" || fail "$1: no RELRO"
  grep -q GNU_STACK "$scratch/segments" || fail "$1: nothing is said of its stack"
  ! grep -E '^ *(LOAD|GNU_STACK) .* RWE ' "$scratch/segments" ||
    fail "$1: a segment can be written and executed"
}

# expect_checks PROGRAM: its functions watch over the stack, and over the sizes of
# buffers that the compiler knows.
expect_checks ()
{
  grep -q ' __stack_chk_fail' "$scratch/symbols" || fail "$1: no stack protector"
  case $harden_cflags in
    *_FORTIFY_SOURCE*)
      grep -Eq ' __(memcpy|snprintf|vsnprintf|read|fprintf|vfprintf)_chk' \
        "$scratch/symbols" || fail "$1: no call is fortified"
      ;;
  esac
}

expect_bind_now ()
{
  grep -Eq 'BIND_NOW|FLAGS_1.*NOW' "$scratch/dynamic" ||
    fail "$1: symbols are looked up late, in pages that stay writable"
}

client=$top_builddir/client/flash-live-remote
describe "$client"
expect_segments "$client"
expect_checks "$client"
expect_bind_now "$client"
grep -Eq '^ *Type: +DYN ' "$scratch/header" || fail "$client lies at a fixed address"

plugin=$top_builddir/nbdkit-plugin/.libs/nbdkit-flashimage-plugin.so
describe "$plugin"
expect_segments "$plugin"
expect_checks "$plugin"
expect_bind_now "$plugin"

# Static, so nothing is bound at all; the stripped ones have no names left.
for helper in "$top_builddir"/helper/flash-helper \
    "$top_builddir"/helper/arch/*/helper/flash-helper; do
  [ -e "$helper" ] || continue
  describe "$helper"
  expect_segments "$helper"
  expect_checks "$helper"
done
for helper in "$top_builddir"/helper/deployed/flash-helper-*; do
  describe "$helper"
  expect_segments "$helper"
done
