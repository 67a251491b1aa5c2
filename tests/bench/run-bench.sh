#!/bin/sh
# SPDX-License-Identifier: MIT
# make bench: the plugin and its peers, side by side, every byte compared.
# docs/benchmarks.md says what is measured and what the variables mean.
#
# Exit status 1 when the plugin failed or served a wrong byte, or when nothing
# could be measured; a figure that is not met is printed, and no failure.
set -eu

here=$(cd -- "$(dirname -- "$0")" && pwd)
: "${BENCH_DIR:=$PWD/corpus}"
: "${BENCH_SIZE:=2560}"
: "${BENCH_RUNS:=3}"
: "${BENCH_READS:=200}"
: "${BENCH_FORMATS:=xz xz-one gzip zstd zstd-frames zip}"
: "${BENCH_ROWS:=first-byte-start first-byte-middle first-byte-end copy-1 copy \
copy-1-no-extents copy-no-extents copy-4 copy-16 random random-cached readers-4 \
verify clients-1 clients-2 clients-4 clients-8}"
: "${BENCH_CACHE:=}"
: "${BENCH_APART:=}"
: "${BENCH_PLUGIN:=$PWD/../../nbdkit-plugin/.libs/nbdkit-flashimage-plugin.so}"
: "${BENCH_CLIENT:=$PWD/bench-client}"

say ()
{
  printf 'bench: %s\n' "$*" >&2
}

die ()
{
  say "$*"
  exit 1
}

PATH=$PATH:/usr/sbin:/sbin
for tool in nbdkit nbdcopy xz gzip mke2fs mkfs.fat mcopy sfdisk; do
  command -v "$tool" >/dev/null ||
    die "this machine has no $tool; ./bootstrap bench installs what is needed"
done

client=$BENCH_CLIENT
plugin=$BENCH_PLUGIN
mkdir -p "$BENCH_DIR"
corpus=$(cd -- "$BENCH_DIR" && pwd)
results=$corpus/results.tsv
index=$corpus/index
raw=$corpus/image.img
# A socket's path is short, and the spool is counted where TMPDIR would put it.
work=$(mktemp -d "${TMPDIR:-/var/tmp}/flash-bench.XXXXXX")
# shellcheck source=tests/bench/bench-formats.sh
. "$here/bench-formats.sh"
# shellcheck source=tests/bench/bench-server.sh
. "$here/bench-server.sh"
# shellcheck source=tests/bench/bench-clients.sh
. "$here/bench-clients.sh"

leave ()
{
  status=$?
  trap - EXIT
  stop_server || :
  rm -rf -- "$work"
  exit "$status"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- what the plugin can do ------------------------------------------------

# takes_parameter KEY=VALUE
takes_parameter ()
{
  nbdkit -U - "$plugin" "$raw" "$1" --run true >/dev/null 2>&1
}

ours=
[ -z "$BENCH_CACHE" ] || ours="cache=$BENCH_CACHE"

look_at_plugin ()
{
  served=$(nbdkit "$plugin" --dump-plugin | sed -n 's/^flashimage_formats=//p')
  [ -n "$served" ] || die "$plugin is not the flashimage plugin"
  cold=
  can_remember=no
  if takes_parameter index=none; then
    cold=index=none
    can_remember=yes
  else
    say "the plugin does not take index=: the rows with a remembered scan are left out"
  fi
  isal=no
  if ldd "$plugin" | grep -q libisal; then
    isal=yes
  fi
}

# serves FORMAT
serves ()
{
  case ",$served," in
    *",${1%%-*},"*) ;;
    *) return 1 ;;
  esac
}

# --- the machine -----------------------------------------------------------

first_line ()
{
  "$@" 2>/dev/null | head -n 1
}

describe_machine ()
{
  cat <<END
$(sed -n 's/^model name[[:space:]]*: *//p' /proc/cpuinfo | head -n 1), \
$(nproc) cores, $(awk '/^MemTotal:/ { printf "%.0f", $2 * 1024 / 1e9 }' /proc/meminfo) GB, \
$(uname -sr), load $(cut -d ' ' -f 1-3 /proc/loadavg)
$(first_line nbdkit --version), $(first_line nbdcopy --version), \
$(first_line xz --version), $(first_line gzip --version), \
$(first_line igzip --version || :), zstd $(first_line zstd --version | grep -o 'v[0-9.]*' || :)
flashimage $(git -C "$here" describe --always --dirty 2>/dev/null || echo "of a release")\
$([ "$isal" = no ] || echo ", with ISA-L"), image of $BENCH_SIZE MiB, $BENCH_RUNS runs${ours:+, $ours}
END
}

# --- one measurement -------------------------------------------------------

failed=0

# nbdcopy_to_null OPTIONS...: figures of the client.
nbdcopy_to_null ()
{
  "$client" run nbdcopy "$@" "nbd+unix:///?socket=$socket" null: |
    sed -e 's/^cpu_s/client_cpu_s/' -e '/^rss_mb/d'
}

middle=$((BENCH_SIZE * 1048576 / 2))

# run_row ROW SERVER
run_row ()
{
  case $1 in
    first-byte-start)  "$client" first-byte "$socket" "$raw" "$start" 0 ;;
    first-byte-middle) "$client" first-byte "$socket" "$raw" "$start" "$middle" ;;
    first-byte-end)    "$client" first-byte "$socket" "$raw" "$start" \
                         "$((BENCH_SIZE * 1048576 - 4096))" ;;
    copy)              nbdcopy_to_null ;;
    copy-no-extents)   nbdcopy_to_null --no-extents ;;
    copy-1)            nbdcopy_to_null -C 1 ;;
    copy-1-no-extents) nbdcopy_to_null -C 1 --no-extents ;;
    copy-4)            nbdcopy_to_null -C 4 -T 4 ;;
    copy-16)           nbdcopy_to_null -C 16 -T 16 ;;
    random)            "$client" random "$socket" "$raw" "$BENCH_READS" ;;
    random-cached)     "$client" random "$socket" "$raw" "$BENCH_READS" \
                         "$middle" 4194304 ;;
    readers-4)         "$client" readers "$socket" "$raw" 4 ;;
    clients-*)         run_clients "${1#clients-}" "$2" ;;
    verify)            nbdcopy "nbd+unix:///?socket=$socket" - | cmp - "$raw" >&2 &&
                         echo equal=1 ;;
  esac
}

# keep FORMAT ROW SERVER RUN <figures
keep ()
{
  sed "s/^\([a-z0-9_]*\)=/$1	$2	$3	$4	\1	/" >>"$results"
}

# A peer may refuse or fail, and this is a result; the plugin may not.
failure ()
{
  echo failed=1 | keep "$@"
  say "$1: $2 by $3 FAILED: $(tail -q -n 2 "$work/client.log" "$work/server.log" |
    tr '\n' ' ')"
  case $3 in flashimage*|shared*) failed=$((failed + 1)) ;; esac
}

seconds_since_start ()
{
  awk -v from="$start" -v to="$("$client" now)" \
    'BEGIN { printf "wall_s=%.2f\n", (to - from) / 1e9 }'
}

# measure FORMAT ROW SERVER RUN
measure ()
{
  start=$("$client" now)
  start_server "$3" "$1"
  good=yes
  case $2 in
    first-byte-*) ;;
    *) wait_for_server || good=no ;;
  esac
  : >"$work/client.log"
  [ "$good" = no ] || run_row "$2" "$3" >"$work/figures" 2>"$work/client.log" || good=no
  # A pipe's status is its last command's: no figures, no success.
  [ -s "$work/figures" ] || good=no
  if [ "$good" = yes ] && kill -0 "$server_pid" 2>/dev/null; then
    server_figures >>"$work/figures"
  else
    good=no
  fi
  stop_server || good=no
  [ "$good" = no ] || case $2 in
    clients-*) derive_clients_figures "$work/figures" ;;
  esac
  if [ "$good" = yes ]; then
    keep "$@" <"$work/figures"
  else
    failure "$@"
  fi
  rm -f "$work/figures"
}

# measure_tool FORMAT TOOL RUN: decodes to /dev/null.
measure_tool ()
{
  command=$(tool_command "$2")
  command -v "${command%% *}" >/dev/null || { say "no $2 on this machine"; return 0; }
  : >"$work/server.log"
  # shellcheck disable=SC2086 # a command and its options
  if "$client" run $command "$corpus/$(image_name "$1")" >"$work/figures" \
       2>"$work/client.log"; then
    keep "$1" copy-1 "$2" "$3" <"$work/figures"
  else
    failure "$1" copy-1 "$2" "$3"
  fi
}

# --- the plan --------------------------------------------------------------

# Let the plugin scan the image of FORMAT to its end, and remember that.
remember ()
{
  rm -rf "$index"
  mkdir "$index"
  start=$("$client" now)
  start_server flashimage+scan "$1"
  wait_for_server || return 1
  state=scanning
  while [ "$state" = scanning ]; do
    state=$(nbdcopy "nbd+unix:///integrity?socket=$socket" - | tr -d '\000' |
              sed -n 's/^state=//p') || return 1
    [ "$state" != scanning ] || sleep 0.2
  done
  seconds_since_start >"$work/figures"
  server_figures >>"$work/figures"
  stop_server || return 1
  [ "$state" = intact ] && [ -n "$(ls -A "$index")" ] || return 1
  du -sb "$index" | awk '{ printf "index_mb=%.1f\n", $1 / 1e6 }' >>"$work/figures"
  keep "$1" remember flashimage+scan 1 <"$work/figures"
}

# Rows that only the plugin has, or where the filters would say nothing new.
servers_for ()
{
  case $2 in
    clients-*) servers_for_clients ;;
    verify|random-cached) echo "flashimage $remembered" ;;
    *) echo "flashimage $remembered $(filters_of "$1")" ;;
  esac
}

bench_run ()
{
  for row in $BENCH_ROWS; do
    for server in $(servers_for "$1" "$row"); do
      say "$1, run $2 of $BENCH_RUNS: $row by $server"
      measure "$1" "$row" "$server" "$2"
    done
    [ "$row" = copy-1 ] || continue
    for tool in $(tools_of "$1"); do
      say "$1, run $2 of $BENCH_RUNS: $tool"
      measure_tool "$1" "$tool" "$2"
    done
  done
}

bench_format ()
{
  remembered=
  if [ "$can_remember" = yes ]; then
    if remember "$1"; then
      remembered=flashimage+scan
    else
      stop_server || :
      : >"$work/client.log"
      failure "$1" remember flashimage+scan 1
    fi
  fi
  # Everything is measured with the image in the page cache.
  cat "$corpus/$(image_name "$1")" "$raw" >/dev/null
  run=1
  while [ "$run" -le "$BENCH_RUNS" ]; do
    bench_run "$1" "$run"
    run=$((run + 1))
  done
}

# The memory that the man page allows: the cache, and 64 MB for nbdkit, the libraries
# and the requests.
memory_limit_mb ()
{
  nbdkit_size=${BENCH_CACHE:-$(awk '/^MemTotal:/ { print int ($2 / 4) "K" }' /proc/meminfo)}
  numfmt --from=iec "$nbdkit_size" | awk '{ printf "%.0f", $1 / 1e6 + 64 }'
}

report ()
{
  awk -v style="$1" -v isal="$isal" -v limit="$(memory_limit_mb)" \
    -v machine="$corpus/machine" -f "$here/bench-report.awk" \
    "$here/expected.txt" "$results"
}

"$here/make-corpus.sh" "$corpus" "$BENCH_SIZE" || die "there is no image"
look_at_plugin
prepare_tls
: >"$results"
describe_machine >"$corpus/machine"
for format in $BENCH_FORMATS; do
  if ! serves "$format"; then
    say "$format: left out, the plugin serves $served only"
    continue
  fi
  "$here/make-corpus.sh" "$corpus" "$BENCH_SIZE" "$format" ||
    die "there is no image for $format"
  bench_format "$format"
done
[ -s "$results" ] || die "nothing was measured"
report markdown >"$corpus/report.md"
report text
say "as Markdown: $corpus/report.md; every single figure: $results"
[ "$failed" -eq 0 ] || die "$failed measurements of the plugin FAILED"
