#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The session's socket, for a flash-helper without a session:

    tunnel-server.py SOCKET COMMAND...

Each `tunnel` that is asked for leads to a COMMAND, which speaks NBD on its stdin
and stdout.  Runs until it is killed."""

import socket
import subprocess
import sys


def serve(connection, command):
    """One request; the server lives as long as its other end."""
    if connection.recv(64) != b"tunnel\n":
        return
    ours, theirs = socket.socketpair()
    subprocess.Popen(command, stdin=theirs, stdout=theirs)
    theirs.close()
    # The helper reads from the first and writes to the second.
    socket.send_fds(connection, [b"ok\n"], [ours.fileno(), ours.fileno()])
    ours.close()


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen()
    kept = []                   # the control connections
    while True:
        connection, _ = listener.accept()
        kept.append(connection)
        serve(connection, sys.argv[2:])


main()
