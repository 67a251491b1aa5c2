# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# The servers that are measured, and what the kernel knows about them.  Sourced
# by run-bench.sh, which sets $plugin, $corpus, $index, $work (a short-lived
# folder), $ours and $cold (parameters of the plugin), $remembered (not empty: $index
# has the scan), $psk_file.
#
# Gives: start_server, wait_for_server, server_figures, stop_server, $socket.

socket=$work/socket
server_pid=

# start_server SERVER FORMAT: comes back at once, see wait_for_server.
start_server ()
{
  rm -f "$socket" "$work/pid"
  image=$corpus/$(image_name "$2")
  # shellcheck disable=SC2086 # $ours is a list
  case $1 in
    shared|shared+tls)
      # As on a server that people flash from: the scan has been remembered, if that
      # can be.  The plugin tells what it has decoded when a client leaves.
      tls=
      [ "$1" = shared ] || tls="--tls=require --tls-psk=$psk_file"
      index_of=${remembered:+index=$index}
      set -- $tls -v -D flashimage.cache=1 "$plugin" "$image" "tmpdir=$work" \
        share=yes $ours ${index_of:-$cold} ;;
    flashimage)
      set -- "$plugin" "$image" "tmpdir=$work" $ours $cold ;;
    flashimage+scan)
      set -- "$plugin" "$image" "tmpdir=$work" $ours "index=$index" ;;
    xz-filter)
      set -- --filter=xz file "$image" ;;
    gzip-filter)
      set -- --filter=gzip file "$image" ;;
  esac
  TMPDIR=$work nbdkit -f -U "$socket" -P "$work/pid" "$@" 2>"$work/server.log" &
  server_pid=$!
}

wait_for_server ()
{
  while [ ! -s "$work/pid" ]; do
    kill -0 "$server_pid" 2>/dev/null || return 1
    sleep 0.01
  done
}

# The space of files that have no name any more.
spooled_bytes ()
{
  for fd in "/proc/$server_pid/fd/"*; do
    case $(readlink "$fd" 2>/dev/null) in
      *' (deleted)') stat -L -c '%b %B' "$fd" ;;
    esac
  done | awk '{ bytes += $1 * $2 } END { print bytes + 0 }'
}

# What the running server has used, `name=value` a line: CPU time of the whole
# process (proc(5), fields 14 and 15 of stat), its largest RSS, its spool.
server_figures ()
{
  sed 's/.*) //' "/proc/$server_pid/stat" |
    awk -v hz="$(getconf CLK_TCK)" '{ printf "cpu_s=%.2f\n", ($12 + $13) / hz }'
  awk '/^VmHWM:/ { printf "rss_mb=%.1f\n", $2 * 1024 / 1e6 }' \
    "/proc/$server_pid/status"
  spooled_bytes | awk '{ printf "spool_mb=%.1f\n", $1 / 1e6 }'
}

# How many Blocks the server, which has ended, had decoded for its clients.
decoded_figure ()
{
  sed -n 's/.*cache: .*decoded=\([0-9]*\).*/decoded=\1/p' "$work/server.log" |
    sort -t = -k 2n | tail -n 1
}

# Fails when the server had died, or ends badly.
stop_server ()
{
  [ -n "$server_pid" ] || return 0
  kill "$server_pid" 2>/dev/null || :
  ended=0
  wait "$server_pid" || ended=$?
  server_pid=
  [ "$ended" -eq 0 ] || {
    echo "the server ended with status $ended" >>"$work/server.log"
    return 1
  }
}
