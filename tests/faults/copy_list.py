# SPDX-License-Identifier: LGPL-2.1-or-later
"""EXTENDED COPY from the initiator's side: its parameter list, and the name of a unit in it."""

import struct

from peer import inquiry


def cscd(naa, kind=0xE4, block=512, size=None):
    """Identification descriptor (SPC-4, 6.5.6.2)."""
    return struct.pack(">BB2xBBxB20sxBH", kind, 0, 1, 3, len(naa) if size is None else size, naa,
                       0, block)


def segment(source, destination, blocks, begin, to, kind=2):
    """Block to block (6.5.7.5)."""
    return struct.pack(">BBHHH2xHQQ", kind, 0, 24, source, destination, blocks, begin, to)


def copy_list(cscds, segments, inline=0, cscd_bytes=None, segment_bytes=None):
    left, right = b"".join(cscds), b"".join(segments)
    header = struct.pack(">BBH4xII", 0, 3 << 3, len(left) if cscd_bytes is None else cscd_bytes,
                         len(right) if segment_bytes is None else segment_bytes, inline)
    return header + left + right


def extended_copy(data):
    return struct.pack(">BB8xIBB", 0x83, 0, len(data), 0, 0)


def naa(peer, lun):
    """Of the unit, by VPD 83."""
    data = peer.execute(inquiry(4096, 0x83), read=4096, lun=lun).data[4:]
    while data:
        if data[0] & 15 == 1 and data[1] & 0x3F == 3:
            return data[4:4 + data[3]]
        data = data[4 + data[3]:]
    raise AssertionError("no NAA designator")
