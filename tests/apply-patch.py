#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""apply-patch.py PATCH FILE: lay a patch (docs/protocol.md, section 6) over a file.

Written from the protocol alone, to compare with what a board has made of it."""

import struct
import sys

patch = open(sys.argv[1], "rb").read()
magic, version, ranges, disk_size, data_size = struct.unpack(">8sIIQQ", patch[:32])
assert magic == b"FLRPATCH" and version == 1
assert len(patch) == 32 + 16 * ranges + data_size + 16

at = 32 + 16 * ranges
end = 0
with open(sys.argv[2], "r+b") as file:
    for i in range(ranges):
        offset, length = struct.unpack(">QQ", patch[32 + 16 * i:48 + 16 * i])
        assert length > 0 and end <= offset and offset + length <= disk_size
        file.seek(offset)
        file.write(patch[at:at + length])
        at += length
        end = offset + length
assert at == len(patch) - 16
