#!/bin/sh
# SPDX-License-Identifier: MIT
# Every shell script passes shellcheck.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/functions.sh"
requires shellcheck --version

cd "$top_srcdir"
# Only info and style findings may stay: quoting rules are warnings and errors.
# Variables that a sourced file sets or uses look unset or unused from here
# (SC2154, SC2034); busybox sh is checked as dash (SC2187).
find . -name build\* -prune -o -name '*.sh' -print -o -path ./bootstrap -print \
     -o -path ./run -print -o -path ./.ci/run -print -o -name '*.bash' -print \
     -o -path './completion/bash/*' -print |
  sort >"$scratch/scripts"
[ "$(wc -l <"$scratch/scripts")" -ge 5 ] || fail "the scripts were not found"
tr '\n' '\0' <"$scratch/scripts" | xargs -0 shellcheck -x -S warning -e SC2154,SC2034,SC2187
