#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An ssh agent with one key as on a security key (sk-ssh-ed25519), made of software.

security-key-agent.py SOCKET PRIVATE_KEY PUBLIC_LINE: listens on SOCKET, makes
PRIVATE_KEY by openssl and writes the line for authorized_keys to PUBLIC_LINE.  It
counts its signatures in PUBLIC_LINE.signatures.
"""
import base64
import hashlib
import os
import socket
import struct
import subprocess
import sys

TYPE = b"sk-ssh-ed25519@openssh.com"
APPLICATION = b"ssh:"
TOUCHED = 1


def string(data):
    return struct.pack(">I", len(data)) + data


def take_string(data):
    (length,) = struct.unpack(">I", data[:4])
    return data[4:4 + length], data[4 + length:]


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.PIPE).stdout


class Agent:
    def __init__(self, key, line):
        self.key, self.line, self.counter = key, line, 0
        openssl("genpkey", "-algorithm", "ed25519", "-out", key)
        point = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")[-32:]
        self.blob = string(TYPE) + string(point) + string(APPLICATION)
        with open(line, "w", encoding="ascii") as out:
            out.write(f"{TYPE.decode()} {base64.b64encode(self.blob).decode()} me\n")

    def sign(self, data):
        self.counter += 1
        state = struct.pack(">BI", TOUCHED, self.counter)
        message = (hashlib.sha256(APPLICATION).digest() + state
                   + hashlib.sha256(data).digest())
        with open(self.key + ".message", "wb") as out:
            out.write(message)
        signature = openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.key,
                            "-in", self.key + ".message")
        with open(self.line + ".signatures", "w", encoding="ascii") as out:
            out.write(f"{self.counter}\n")
        return string(TYPE) + string(signature) + state

    def answer(self, request):
        if request[0] == 11:            # the identities
            return struct.pack(">BI", 12, 1) + string(self.blob) + string(b"me")
        if request[0] == 13:            # a signature
            blob, rest = take_string(request[1:])
            data, _ = take_string(rest)
            if blob == self.blob:
                return b"\x0e" + string(self.sign(data))
        return b"\x05"                  # failure


def serve(agent, connection):
    stream = connection.makefile("rwb")
    while len(length := stream.read(4)) == 4:
        request = stream.read(struct.unpack(">I", length)[0])
        stream.write(string(agent.answer(request)))
        stream.flush()


def main():
    path, key, line = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path + ".new")
    listener.listen()
    agent = Agent(key, line)
    os.rename(path + ".new", path)      # from now on it is ready
    while True:
        connection, _ = listener.accept()
        with connection:
            serve(agent, connection)


main()
