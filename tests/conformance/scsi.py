# SPDX-License-Identifier: LGPL-2.1-or-later
"""CDBs and parameter lists that hosts send, and what they read from the answers (SPC-4, SBC-3).

Builders are named as the standard names the command, in the order of its fields; what a host leaves
out is zero, as it is in the host's own CDB.
"""

import struct
from dataclasses import dataclass

REPORT_LUNS, SYNCHRONIZE_CACHE10, VERIFY10, START_STOP = 0xA0, 0x35, 0x2F, 0x1B
RESERVE6, RELEASE6 = bytes((0x16, 0, 0, 0, 0, 0)), bytes((0x17, 0, 0, 0, 0, 0))
UNMAP_BIT, NDOB_BIT, FUA_BIT, DBD_BIT = 0x08, 0x01, 0x08, 0x08
RESERVATION_CONFLICT = 0x18

# PERSISTENT RESERVE OUT's service actions, and types of reservation.
(REGISTER, RESERVE, RELEASE, CLEAR, PREEMPT, PREEMPT_AND_ABORT,
 REGISTER_AND_IGNORE) = range(7)
WRITE_EXCLUSIVE_REGISTRANTS, WRITE_EXCLUSIVE_ALL = 5, 7

# (sense key, ASC, ASCQ)
MISCOMPARE = (0xE, 0x1D, 0x00)
INVALID_OPCODE = (5, 0x20, 0x00)
INVALID_FIELD_IN_CDB = (5, 0x24, 0x00)
SPACE_ALLOCATION_FAILED = (7, 0x27, 0x07)
RESET_OCCURRED = (6, 0x29)
MODE_PARAMETERS_CHANGED = (6, 0x2A, 0x01)
RESERVATIONS_PREEMPTED, REGISTRATIONS_PREEMPTED = (6, 0x2A, 0x03), (6, 0x2A, 0x05)


# --- CDBs ---


def report_luns(length, select=0):
    return struct.pack(">BxB3xI2x", REPORT_LUNS, select, length)


def read_capacity16(length=32):
    return struct.pack(">BB8xI2x", 0x9E, 0x10, length)


def get_lba_status(lba, length):
    return struct.pack(">BBQI2x", 0x9E, 0x12, lba, length)


def mode_sense6(page, length, *, dbd=0, subpage=0):
    return struct.pack(">BBBBBx", 0x1A, dbd, page, subpage, length)


def mode_sense10(page, length, *, dbd=0, subpage=0):
    return struct.pack(">BBBB3xHx", 0x5A, dbd, page, subpage, length)


def mode_select6(length):
    return struct.pack(">BB2xBx", 0x15, 0x10, length)


def report_target_port_groups(length):
    return struct.pack(">BB4xI2x", 0xA3, 0x0A, length)


def report_supported_opcodes(opcode, length, action=None):
    """The one-command format."""
    option = 1 if action is None else 3
    return struct.pack(">BBBBHI2x", 0xA3, 0x0C, option, opcode, action or 0, length)


def write10(lba, blocks, flags=0):
    return struct.pack(">BBIxHx", 0x2A, flags, lba, blocks)


def block_command10(opcode, lba=0, blocks=0, flags=0):
    """VERIFY (10), SYNCHRONIZE CACHE (10) and their like."""
    return struct.pack(">BBIxHx", opcode, flags, lba, blocks)


def block_command16(opcode, lba, blocks, flags=0):
    return struct.pack(">BBQI2x", opcode, flags, lba, blocks)


def write_same10(lba, blocks, flags=0):
    return block_command10(0x41, lba, blocks, flags)


def write_same16(lba, blocks, flags=0):
    return block_command16(0x93, lba, blocks, flags)


def compare_and_write(lba, blocks=1):
    return struct.pack(">BxQ3xB2x", 0x89, lba, blocks)


def unmap(*extents):
    """(CDB, parameter list) for [(lba, blocks)]."""
    descriptors = b"".join(struct.pack(">QI4x", lba, blocks) for lba, blocks in extents)
    text = struct.pack(">HH4x", 6 + len(descriptors), len(descriptors)) + descriptors
    return struct.pack(">B6xHx", 0x42, len(text)), text


def reserve_in(action, length=0x2000):
    return struct.pack(">BB5xHx", 0x5E, action, length)


def reserve_out(action, kind=0):
    return struct.pack(">BBB2xIx", 0x5F, action, kind, 24)


def reserve_out_list(key, action_key, flags=0):
    return struct.pack(">QQ4xB3x", key, action_key, flags)


def receive_copy_parameters(length):
    return struct.pack(">BB8xI2x", 0x84, 0x03, length)


def extended_copy(list_bytes):
    return struct.pack(">BB8xI2x", 0x83, 0x00, list_bytes)


def cscd(naa, block_bytes):
    """Identification descriptor (E4h) of a disk by its NAA."""
    return (struct.pack(">BBxxBBxB", 0xE4, 0, 1, 3, len(naa)) + naa.ljust(20, b"\0") +
            struct.pack(">I", block_bytes))


def block_segment(source, destination, blocks, source_lba, destination_lba):
    """Segment descriptor of block device to block device (02h)."""
    return struct.pack(">BBHHH2xHQQ", 2, 0, 24, source, destination, blocks, source_lba,
                       destination_lba)


def copy_list(cscds, segments, *, list_id=0, usage=0):
    heads, tails = b"".join(cscds), b"".join(segments)
    return struct.pack(">BBH4xI4x", list_id, usage << 3, len(heads), len(tails)) + heads + tails


# --- answers ---


@dataclass
class Designator:
    """One of VPD page 83h."""

    association: int
    kind: int
    code_set: int
    protocol: int
    data: bytes


OF_UNIT, OF_PORT, OF_DEVICE = 0, 1, 2
T10_VENDOR, EUI64, NAA, RELATIVE_PORT, PORT_GROUP, SCSI_NAME = 1, 2, 3, 4, 5, 8


def designators(page):
    """The list of a page 83h; throws when the lengths in it do not add up."""
    found, at = [], 4
    end = 4 + struct.unpack_from(">H", page, 2)[0]
    assert end == len(page), f"page of {end} bytes came as {len(page)}"
    while at < end:
        size = page[at + 3]
        assert at + 4 + size <= end, "a designator ends behind the page"
        found.append(Designator(page[at + 1] >> 4 & 3, page[at + 1] & 15, page[at] & 15,
                                page[at] >> 4 if page[at + 1] & 0x80 else -1,
                                page[at + 4:at + 4 + size]))
        at += 4 + size
    return found


def block_limits(page):
    """VPD page B0h by name, in blocks; `alignment` is None while UGAVALID is 0."""
    names = ("transfer_max", "transfer_optimal", "prefetch_max", "unmap_max", "unmap_descriptors",
             "unmap_granularity", "alignment")
    limits = dict(zip(names, struct.unpack_from(">7I", page, 8)))
    limits.update(compare_and_write=page[5], transfer_granularity=int.from_bytes(page[6:8], "big"),
                  write_same_max=int.from_bytes(page[36:44], "big"), wsnz=page[4] & 1)
    valid, limits["alignment"] = limits["alignment"] >> 31, limits["alignment"] & 0x7FFFFFFF
    if not valid:
        limits["alignment"] = None
    return limits


@dataclass
class ModeData:
    """Header, block descriptor and pages of MODE SENSE (6)."""

    device_specific: int
    descriptor: bytes
    pages: dict  # (page, subpage) -> the whole page


def mode_data6(data):
    assert data[0] + 1 == len(data), "the length of the mode data"
    pages, at = {}, 4 + data[3]
    while at < len(data):
        sub = bool(data[at] & 0x40)
        size = 4 + int.from_bytes(data[at + 2:at + 4], "big") if sub else 2 + data[at + 1]
        pages[data[at] & 0x3F, data[at + 1] if sub else 0] = data[at:at + size]
        at += size
    return ModeData(data[2], data[4:4 + data[3]], pages)


def information(sense):
    """INFORMATION of fixed-format or descriptor-format sense data; None when it is not valid."""
    if sense[0] & 0x7F == 0x70:
        return int.from_bytes(sense[3:7], "big") if sense[0] & 0x80 else None
    at = 8
    while at < 8 + sense[7]:
        if sense[at] == 0:
            return int.from_bytes(sense[at + 4:at + 12], "big") if sense[at + 2] & 0x80 else None
        at += 2 + sense[at + 1]
    return None


def reservation_keys(data):
    size = int.from_bytes(data[4:8], "big")
    return [int.from_bytes(data[at:at + 8], "big") for at in range(8, 8 + size, 8)]


def reservation(data):
    """(key, type), or None where nothing is reserved."""
    if int.from_bytes(data[4:8], "big") == 0:
        return None
    return int.from_bytes(data[8:16], "big"), data[21] & 15
