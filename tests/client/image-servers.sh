# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Image servers for the tests, on the loopback address; sourced after
# tests/functions.sh.  All end with the test.

# listening PORT: somebody takes connections there, on this machine.
listening ()
{
  ss -Hltn "sport = :$1" | grep -q .
}

# free_port: set $port, to one that no outgoing connection gets (those of Linux
# begin at 32768).
free_port ()
{
  requires ss --version
  for try in 1 2 3 4 5 6 7 8 9; do
    servers=$((${servers:-0} + 1))
    port=$((10000 + ($$ * 13 + servers * 331 + try) % 9000))
    ! listening "$port" || continue
    return 0
  done
  fail "no port is free"
}

# await_server PID: until something listens on $port.  1: PID has ended, for the
# port is somebody else's by now.
await_server ()
{
  for _ in $(seq 300); do
    if ! kill -0 "$1" 2>/dev/null; then
      ! grep -q 'Address already in use' "$scratch/server.log" || return 1
      break
    fi
    ! listening "$port" || return 0
    sleep 0.1
  done
  cat "$scratch/server.log" >&2
  fail "the image server does not start"
}

# start_nbd_server ARGUMENTS...: nbdkit on a new $port; sets $server_pid.  Give
# `server_port=PORT` before, for the port that it had.
start_nbd_server ()
{
  requires nbdkit --version
  for _ in $(seq 20); do
    port=${server_port:-}
    [ -n "$port" ] || free_port
    nbdkit -f -r -t 1 -i 127.0.0.1 -p "$port" "$@" >"$scratch/server.log" 2>&1 &
    server_pid=$!
    cleanup_process $server_pid
    ! await_server "$server_pid" || return 0
    sleep 0.5
  done
  fail "there is no port for the image server"
}

# stop_nbd_server: as a crash would, until nobody listens there any more.
stop_nbd_server ()
{
  kill -9 "$server_pid"
  wait "$server_pid" 2>/dev/null || :
  for _ in $(seq 100); do
    listening "$port" || return 0
    sleep 0.1
  done
  fail "the image server is still there"
}

# start_flash_from_server ARGUMENTS...: of $scratch/images/large.img, streamed from
# an nbdkit that is started with these; it has begun to write, slowly.  Needs
# flash-test.sh and board-trouble.sh.
start_flash_from_server ()
{
  normal_image_server
  server_port=
  start_nbd_server "$@"
  # shellcheck disable=SC2034 # start_nbd_server's, for the next start
  server_port=$port
  slow_image_server 100
  fill_target
  start_flash --stream "root@$board_name" "nbd://127.0.0.1:$port/large.img"
  wait_until 120 said '^writing +[1-9]'
}

# The plugin of the team's server, for start_nbd_server.
flashimage=$top_builddir/nbdkit-plugin/.libs/nbdkit-flashimage-plugin.so

# make_authority FOLDER: an authority of certificates.
make_authority ()
{
  requires openssl version
  mkdir -p "$1"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout "$1/ca-key.pem" -out "$1/ca-cert.pem" -subj "/CN=test authority" \
    -days 30 2>/dev/null
}

# make_certificate AUTHORITY FOLDER KIND NAME [DAYS]: KIND (server, client) with its
# key into FOLDER, for the DNS name NAME.
make_certificate ()
{
  mkdir -p "$2"
  cp "$1/ca-cert.pem" "$2/"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout "$2/$3-key.pem" -out "$scratch/request.pem" -subj "/CN=$4" 2>/dev/null
  echo "subjectAltName=DNS:$4" >"$scratch/extensions"
  openssl x509 -req -in "$scratch/request.pem" -CA "$1/ca-cert.pem" \
    -CAkey "$1/ca-key.pem" -CAcreateserial -days "${5:-30}" \
    -extfile "$scratch/extensions" -out "$2/$3-cert.pem" 2>/dev/null
}

# make_key FILE USER: a pre-shared key.
make_key ()
{
  requires openssl version
  (umask 077 && echo "$2:$(openssl rand -hex 32)" >>"$1")
}
