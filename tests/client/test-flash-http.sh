#!/bin/sh
# SPDX-License-Identifier: MIT
# Images of a web server: streamed by range requests; a server that cannot, and what is not there, is refused with the reason.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/image-servers.sh
. "$(dirname "$0")/image-servers.sh"
requires python3 -c 'import http.server, ssl'
requires nbdkit --dump-plugin curl

# start_web_server FOLDER [no-ranges]: sets $web, its URL.
start_web_server ()
{
  rm -f "$scratch/port"
  python3 "$top_srcdir/tests/plugin/range-server.py" "$scratch/port" "$@" \
    >"$scratch/server.log" 2>&1 &
  cleanup_process $!
  wait_until 30 test -s "$scratch/port"
  web=http://127.0.0.1:$(cat "$scratch/port")
}

# refused URL REGEX...: nothing is written, and the reason is said.
refused ()
{
  flash_target "root@$board_name" "$1"
  shift
  expect_status 3
  expect_says "nothing was written" "$@"
}

start_board
mkdir "$scratch/images"
make_image "$scratch/raw.img" 16
xz -0 -T1 --block-size=2MiB <"$scratch/raw.img" >"$scratch/images/new.img.xz"
gzip -1 <"$scratch/raw.img" >"$scratch/images/a b.img.gz"
: >"$scratch/images/empty.img"
: >"$scratch/said"

start_web_server "$scratch/images"
for mode in --stream --ramfs; do
  fill_target
  flash_target $mode "root@$board_name" "$web/new.img.xz"
  expect_status 0
  expect_flashed "$scratch/raw.img"
  expect_rest_untouched "$scratch/raw.img"
  expect_says "new.img.xz: xz" "from $web, NOT ENCRYPTED" "note: .*digest"
  expect_clean
done
ln -s "a b.img.gz" "$scratch/images/a%20b.img.gz"
fill_target
flash_target --stream "root@$board_name" "$web/a%20b.img.gz"
expect_status 0
expect_flashed "$scratch/raw.img"
expect_says "a b.img.gz: gzip"
remember_target
refused "$web/none.img" "no such file on the server"
refused "$web/empty.img" "empty"
refused "${web%:*}:1/new.img.xz" "cannot be reached"
refused "http://nowhere.invalid/x" "no machine of that name"

start_web_server "$scratch/images" no-ranges
refused "$web/new.img.xz" "no range requests.*Download it first"

# A server of another authority, and one that leads elsewhere.
make_authority "$scratch/authority"
make_certificate "$scratch/authority" "$scratch/server" server localhost
free_port
openssl s_server -accept "127.0.0.1:$port" -WWW -quiet -cert "$scratch/server/server-cert.pem" \
  -key "$scratch/server/server-key.pem" >"$scratch/server.log" 2>&1 </dev/null &
cleanup_process $!
await_server $!
refused "https://localhost:$port/x.img" "certificate of its server cannot be trusted"
free_port
python3 - "$port" >"$scratch/server.log" 2>&1 <<'END' &
import http.server, sys
class Elsewhere(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response(302)
        self.send_header('Location', 'file:///etc/passwd')
        self.end_headers()
    do_GET = do_HEAD
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Elsewhere).serve_forever()
END
cleanup_process $!
await_server $!
refused "http://127.0.0.1:$port/x.img?signature=secret" "neither http nor https"
! grep -q secret "$scratch/said" || fail "a part of the URL that may be secret was shown"
expect_untouched
