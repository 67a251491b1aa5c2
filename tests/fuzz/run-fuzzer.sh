#!/bin/sh
# SPDX-License-Identifier: MIT
# run-fuzzer.sh HARNESS: the short run of the test suite.  Every seed once; with
# libFuzzer (./configure --enable-fuzzing) some seconds of mutations besides, the
# same ones in every run.  See docs/fuzzing.md for the long run.
set -eu

folder=$(cd -- "$(dirname -- "$0")" && pwd)
harness=$(basename -- "$1")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/$harness.XXXXXX") || exit 99
trap 'rm -rf -- "$scratch"' EXIT
trap 'exit 1' INT TERM

sh "$folder/make-seeds.sh" "$harness" "$scratch/seeds"

if [ "${FUZZING:-no}" != yes ]; then
  "$1" "$scratch"/seeds/*
  exit
fi
# What it finds stays in the build folder.  An input may be small and its disk view
# large: the limits are those of docs/fuzzing.md.
"$1" -seed=1 -max_total_time="${FUZZ_SECONDS:-3}" -max_len=4096 -timeout=20 \
  -rss_limit_mb=1024 -malloc_limit_mb=256 -print_final_stats=1 \
  -artifact_prefix="found-$harness-" "$scratch/seeds" >"$scratch/log" 2>&1 || {
  tail -n 60 "$scratch/log"
  echo "$harness: the input is in $(pwd)/found-$harness-*"
  exit 1
}
tail -n 12 "$scratch/log"
