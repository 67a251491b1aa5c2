#!/bin/sh
# SPDX-License-Identifier: MIT
# Two image servers behind HAProxy, as the configuration that is shipped has them: the
# one that a flash uses is killed in the middle, and the flash goes on from the other.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/image-servers.sh
. "$(dirname "$0")/image-servers.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

PATH=$PATH:/usr/sbin
requires haproxy -v
board_disk_mb=256
start_board
mkdir "$scratch/one" "$scratch/two"
make_image "$scratch/new.img" 200
xz -0 -T2 --block-size=4MiB -c "$scratch/new.img" >"$scratch/one/new.img.xz"
cp "$scratch/one/new.img.xz" "$scratch/two/"

normal_image_server
start_nbd_server "$flashimage" "dir=$scratch/one"
one_pid=$server_pid one_port=$port
start_nbd_server "$flashimage" "dir=$scratch/two"
two_pid=$server_pid two_port=$port

free_port
sed -e "s|bind :10809|bind 127.0.0.1:$port|" \
  -e "s|server one .*|server one 127.0.0.1:$one_port|" \
  -e "s|server two .*|server two 127.0.0.1:$two_port|" \
  "$top_srcdir/image-server/haproxy.cfg" >"$scratch/haproxy.cfg"
[ "$(grep -c 127.0.0.1 "$scratch/haproxy.cfg")" -eq 3 ] || fail "haproxy.cfg has changed"
haproxy -db -f "$scratch/haproxy.cfg" >"$scratch/server.log" 2>&1 &
cleanup_process $!
await_server $!

# connections PID: sockets, the listening one among them.
connections ()
{
  find "/proc/$1/fd" -lname 'socket:*' | wc -l
}

slow_image_server 100
fill_target
start_flash --stream "root@$board_name" "nbd://127.0.0.1:$port/new.img.xz"
wait_until 120 said '^writing +[1-9]'
used=$one_pid other=$two_pid
[ "$(connections "$one_pid")" -gt 1 ] || used=$two_pid other=$one_pid
[ "$(connections "$used")" -gt 1 ] || fail "no server is used"
[ "$(connections "$other")" -le 2 ] || fail "both servers are used"
kill -9 "$used"
wait_until 60 eval '[ "$(connections "$other")" -gt 2 ]'
finish_flash
expect_status 0
expect_flashed "$scratch/new.img"
expect_clean
