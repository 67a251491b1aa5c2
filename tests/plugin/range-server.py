# SPDX-License-Identifier: MIT
"""range-server.py PORT_FILE FOLDER [no-ranges]: a web server of a folder's files on
127.0.0.1, with range requests or without, for the tests.  Writes its port."""

import http.server
import os
import re
import sys

port_file, folder = sys.argv[1:3]
ranges = sys.argv[3:] != ['no-ranges']


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def find_range(self, size):
        """First and last byte, or None for all."""
        match = re.fullmatch(r'bytes=(\d+)-(\d*)', self.headers.get('Range', ''))
        if not ranges or not match:
            return None
        first = int(match.group(1))
        last = int(match.group(2)) if match.group(2) else size - 1
        return first, min(last, size - 1)

    def answer(self, with_body):
        path = os.path.join(folder, os.path.basename(self.path))
        try:
            file = open(path, 'rb')
        except OSError:
            self.send_error(404)
            return
        with file:
            size = os.fstat(file.fileno()).st_size
            wanted = self.find_range(size)
            first, last = wanted or (0, size - 1)
            self.send_response(206 if wanted else 200)
            if ranges:
                self.send_header('Accept-Ranges', 'bytes')
            if wanted:
                self.send_header('Content-Range',
                                 'bytes %d-%d/%d' % (first, last, size))
            self.send_header('Content-Length', str(last - first + 1))
            self.end_headers()
            if with_body:
                file.seek(first)
                self.wfile.write(file.read(last - first + 1))

    def do_GET(self):
        self.answer(True)

    def do_HEAD(self):
        self.answer(False)


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
server.daemon_threads = True
with open(port_file + '.new', 'w') as f:
    f.write('%d\n' % server.server_port)
os.rename(port_file + '.new', port_file)
server.serve_forever()
