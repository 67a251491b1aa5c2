#!/bin/sh
# SPDX-License-Identifier: MIT
# `make bench` runs through on a small image, and a wrong byte does not pass.
# No time is asserted.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"

PATH=$PATH:/usr/sbin:/sbin
for tool in nbdkit nbdcopy xz gzip mke2fs mkfs.fat mcopy sfdisk; do
  requires command -v "$tool"
done

export BENCH_DIR="$scratch/corpus" BENCH_SIZE=32 BENCH_RUNS=1 BENCH_READS=20
export BENCH_PLUGIN="$top_builddir/nbdkit-plugin/.libs/nbdkit-flashimage-plugin.so"
export BENCH_CLIENT="$top_builddir/tests/bench/bench-client"
export TMPDIR="$scratch"
bench=$top_srcdir/tests/bench/run-bench.sh

# has_figure FORMAT ROW SERVER FIGURE
has_figure ()
{
  awk -v what="$*" '$1 " " $2 " " $3 " " $5 == what && $6 > 0 { found = 1 }
                    END { exit !found }' "$BENCH_DIR/results.tsv" ||
    fail "not measured: $*: $(cat "$scratch/log")"
}

echo "a small run with peers"
BENCH_FORMATS="xz gzip" \
BENCH_ROWS="first-byte-middle copy-1 random readers-4 verify clients-1 clients-4" \
  timeout 300 "$bench" >"$scratch/report" 2>"$scratch/log" ||
  fail "the bench fails: $(cat "$scratch/log")"
for format in xz gzip; do
  has_figure "$format" first-byte-middle flashimage p50_ms
  has_figure "$format" copy-1 flashimage wall_s
  has_figure "$format" copy-1 flashimage rss_mb
  has_figure "$format" random flashimage p99_ms
  has_figure "$format" readers-4 flashimage wall_s
  has_figure "$format" verify flashimage equal
  for row in clients-1 clients-4; do
    for figure in mb_s cpu_s_gb decoded rss_mb; do
      has_figure "$format" $row shared $figure
    done
  done
done
has_figure xz copy-1 xz-T0 cpu_s
has_figure gzip copy-1 zcat cpu_s
if nbdkit --dump-config | grep -qx tls=yes; then
  has_figure xz clients-4 shared+tls mb_s
fi
if nbdkit --dump-plugin --filter=gzip file >/dev/null 2>&1; then
  has_figure gzip copy-1 gzip-filter spool_mb
fi
grep -q '^gzip .*copy-1, spool_mb .* met$' "$scratch/report" ||
  fail "no expected figure is reported: $(cat "$scratch/report")"
grep -q '^gzip .*clients-4, decoded .* at most 1.2  *met$' "$scratch/report" ||
  fail "the clients do not share: $(cat "$scratch/report")"
grep -q '^| clients-4 | shared |' "$BENCH_DIR/report.md" ||
  fail "there is no table of many clients: $(cat "$BENCH_DIR/report.md")"
grep -q '^| copy-1 | flashimage |' "$BENCH_DIR/report.md" ||
  fail "there is no Markdown table: $(cat "$BENCH_DIR/report.md")"

echo "the corpus is kept"
made=$(stat -c %Y.%i "$BENCH_DIR/image.img.gz" "$BENCH_DIR/image.img")
"$top_srcdir/tests/bench/make-corpus.sh" "$BENCH_DIR" 32 gzip
[ "$made" = "$(stat -c %Y.%i "$BENCH_DIR/image.img.gz" "$BENCH_DIR/image.img")" ] ||
  fail "the corpus was made anew"

echo "a wrong byte in the middle"
at=$((16 * 1048576 + 70000))
byte=$(od -An -tu1 -j "$at" -N 1 "$BENCH_DIR/image.img" | tr -d ' ')
# shellcheck disable=SC2059 # an octal escape
printf "\\$(printf %03o $((byte ^ 255)))" |
  dd of="$BENCH_DIR/image.img" bs=1 seek="$at" conv=notrunc status=none
for row in random-cached readers-4 clients-2 verify; do
  if BENCH_FORMATS=gzip BENCH_ROWS=$row timeout 100 "$bench" \
       >"$scratch/report" 2>"$scratch/log"; then
    fail "$row does not see a wrong byte"
  fi
  grep -q 'gzip: .* by [a-z]* FAILED: .*differ' "$scratch/log" ||
    fail "$row fails for another reason: $(cat "$scratch/log")"
done
