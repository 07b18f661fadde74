# SPDX-License-Identifier: LGPL-2.1-or-later
"""PERSISTENT RESERVE OUT from the initiator's side (SPC-4, 6.16): CDB and parameter list."""

import struct

# Service actions (table 213)
(REGISTER, RESERVE, RELEASE, CLEAR, PREEMPT, PREEMPT_AND_ABORT, REGISTER_AND_IGNORE,
 REGISTER_AND_MOVE) = range(8)


def reserve_out(action, kind=0, size=24):
    return struct.pack(">BBB2xIB", 0x5F, action, kind, size, 0)


def parameters(key=0, new=0, flags=0, more=b""):
    """`new`: the service action reservation key. `flags`: SPEC_I_PT, ALL_TG_PT, APTPL."""
    return struct.pack(">QQ4xB3x", key, new, flags) + more
