#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hazards 23 and 24: LUN fields, CDBs and parameter lists (SAM-5, 4.7; SPC-4; SBC-3)."""

import random
import struct

from fault_test import FaultTest, main
from gateway import file_lun
from peer import CHECK_CONDITION, FINAL, READ, TEST_UNIT_READY, WRITE, inquiry, read10

NO_SUCH_LUN = (5, 0x25, 0)
INVALID_OPCODE, OUT_OF_RANGE, INVALID_FIELD = (5, 0x20, 0), (5, 0x21, 0), (5, 0x24, 0)
CONTROL_NACA = 0x04
WELL_KNOWN = b"\xc1\x01" + bytes(6)  # REPORT LUNS


def report_luns(select=0, length=4096):
    return struct.pack(">BBB3xIBB", 0xA0, 0, select, length, 0, 0)


def report_opcodes(option=0, opcode=0, action=0, length=8192):
    return struct.pack(">BBBBHIBB", 0xA3, 0x0C, option, opcode, action, length, 0, 0)


class Units(FaultTest):
    LUNS = [file_lun(0, "64MiB"), file_lun(1, "4MiB"), file_lun(200, "4MiB")]

    def hazard_23_forms_of_a_lun(self):
        """Guards: all eight bytes of a LUN are looked at: peripheral and flat addressing of one
        level find a unit, everything else is LOGICAL UNIT NOT SUPPORTED (SAM-5, 4.7.7)."""
        peer = self.session()
        found = {"peripheral": b"\0\1", "flat": b"\x40\1", "peripheral 200": b"\0\xc8",
                 "flat 200": b"\x40\xc8"}
        missing = {"not there": b"\0\2", "flat, not there": b"\x40\2", "bus 1": b"\1\1",
                   "bus 63": b"\x3f\1", "flat 257": b"\x41\1", "logical unit": b"\x80\1",
                   "well known": b"\xc1\1", "extended flat": b"\xd2\0\0\1",
                   "not specified": b"\xff\xff", "ones": b"\xff" * 8, "second level": b"\0\1\0\1",
                   "last byte": b"\0\1\0\0\0\0\0\1", "little endian": b"\1\0"}
        for name, lun in found.items():
            with self.subTest(name):
                lun = lun.ljust(8, b"\0")
                peer.execute(TEST_UNIT_READY, lun=lun)
                self.assertTrue(peer.execute(read10(0, 1), read=512, lun=lun).good)
        for name, lun in missing.items():
            with self.subTest(name):
                self.assert_missing(peer, lun.ljust(8, b"\0"))
        for _ in range(100):
            self.assert_missing(peer, b"\2" + random.randbytes(7))

    def assert_missing(self, peer, lun):
        self.assert_sense(peer.execute(read10(0, 1), read=512, lun=lun), *NO_SUCH_LUN)
        result = peer.execute(inquiry(), read=96, lun=lun)
        self.assertEqual((result.good, result.data[:1]), (True, b"\x7f"))

    def hazard_23_commands_for_a_missing_unit(self):
        """Guards: INQUIRY, REPORT LUNS and REQUEST SENSE are answered for a unit that is not there
        (SPC-4, 5.11), everything else is not, whatever its data."""
        peer = self.session()
        for opcode in set(range(256)) - {0x12, 0xA0, 0x03}:
            for flags, data in ((FINAL, b""), (FINAL | READ, b""), (FINAL | WRITE, b"x" * 512)):
                result = peer.execute(bytes((opcode,)) + bytes(15), lun=9, flags=flags, write=data,
                                      edtl=0 if flags == FINAL else 512)
                self.assertEqual(result.sense_code, NO_SUCH_LUN, hex(opcode))
        sense = peer.execute(bytes((3, 0, 0, 0, 252, 0)), read=252, lun=9)
        self.assertEqual((sense.good, sense.data[2] & 15, sense.data[12]), (True, 5, 0x25))
        self.assertEqual(peer.execute(report_luns(), read=4096, lun=9).data,
                         peer.execute(report_luns(), read=4096).data)

    def hazard_23_select_report(self):
        """Guards: SELECT REPORT 00 to 02 as SPC-4, 6.33 says; the rest, and the conglomerate codes
        of SPC-5, are refused. What does not fit is cut, and the length stays whole."""
        peer = self.session()
        luns = b"".join(bytes((0, number)) + bytes(6) for number in (0, 1, 200))
        for select, listed in ((0, luns), (1, b""), (2, luns)):
            result = peer.execute(report_luns(select), read=4096)
            self.assertEqual(result.data, struct.pack(">I4x", len(listed)) + listed)
        for select in range(3, 256):
            self.assert_sense(peer.execute(report_luns(select), read=4096), *INVALID_FIELD)
        for length in range(0, 40):
            result = peer.execute(report_luns(0, length), read=4096)
            self.assertTrue(result.good)
            self.assertEqual(result.data, (struct.pack(">I4x", 24) + luns)[:length])

    def hazard_23_well_known_unit(self):
        """Guards: the well-known REPORT LUNS unit is not there, and says so as any other."""
        self.assert_missing(self.session(), WELL_KNOWN)


class Cdbs(FaultTest):
    def setUp(self):
        super().setUp()
        self.peer = self.session()
        self.blocks, _ = self.peer.capacity()

    def commands(self):
        """(opcode, service action or None, CDB length) of all that there is."""
        data = self.peer.execute(report_opcodes(), read=8192).data
        for at in range(4, 4 + struct.unpack_from(">I", data)[0], 8):
            opcode, action, flags, size = struct.unpack_from(">BxHxBH", data, at)
            yield opcode, action if flags & 1 else None, size

    def usage(self, opcode, action, size):
        option = 1 if action is None else 2
        data = self.peer.execute(report_opcodes(option, opcode, action or 0), read=8192).data
        self.assertEqual(data[2:4], struct.pack(">H", size))
        return data[4:4 + size]

    def hazard_24_reserved_bits(self):
        """Guards: each bit that a command does not use, NACA and LINK among them, is INVALID FIELD
        IN CDB when it is set, with the place of it (SPC-4, 4.2.5, 4.5.2.4.2)."""
        stray = {cdb: (byte, bit) for command in self.commands()
                 for cdb, byte, bit in self.stray_bits(*command)}
        self.assertGreater(len(stray), 1000)
        for cdb, result in self.peer.execute_all(list(stray), edtl=0, flags=FINAL):
            byte, bit = stray[cdb]
            self.assertEqual(result.sense_code, INVALID_FIELD, cdb.hex())
            self.assertEqual(result.sense[15:18], bytes((0xC8 | bit, 0, byte)), cdb.hex())

    def stray_bits(self, opcode, action, size):
        """(CDB, byte, bit): each with one bit that the command does not use."""
        usage = self.usage(opcode, action, size)
        for place in range(8, 8 * size):
            byte, bit = divmod(place, 8)
            if usage[byte] >> bit & 1 or action is not None and byte == 1 and bit < 5:
                continue
            cdb = bytearray(size)
            cdb[0], cdb[1] = opcode, action or 0
            cdb[byte] |= 1 << bit
            yield bytes(cdb), byte, bit

    def hazard_24_naca(self):
        """Guards: NACA is refused in every command: there is no ACA (SAM-5, 5.2)."""
        for opcode, action, size in self.commands():
            cdb = bytearray(size)
            cdb[0], cdb[1], cdb[-1] = opcode, action or 0, CONTROL_NACA
            self.assert_sense(self.peer.execute(bytes(cdb), edtl=0, flags=FINAL), *INVALID_FIELD)

    def hazard_24_service_actions(self):
        """Guards: a service action is looked up, never an index: what is not in the table is
        refused (FreeBSD: RSOC)."""
        known = {(opcode, action) for opcode, action, _ in self.commands()}
        actions = {opcode for opcode, action in known if action is not None}
        for opcode in (actions | {0x7F, 0x9F, 0xA4, 0xAB, 0xA9}):
            for action in range(32):
                if (opcode, action) in known or (opcode, None) in known:
                    continue
                cdb = bytes((opcode, action)) + bytes(14)
                result = self.peer.execute(cdb, read=512)
                self.assertEqual(result.sense_code, INVALID_FIELD if opcode in actions else
                                 INVALID_OPCODE, cdb.hex())

    def hazard_24_allocation_lengths(self):
        """Guards: parameter data is cut to the allocation length, from 0 on, and never a byte
        more (SPC-4, 4.2.5.6)."""
        def six(code, page):
            return lambda n: bytes((code, 0, page, 0, n, 0))

        def ten(code, action, page=0):
            return lambda n: struct.pack(">BBB4xHB", code, action, page, n, 0)

        def twelve(action):
            return lambda n: struct.pack(">BB4xIBB", 0xA3, action, n, 0, 0)

        def sixteen(code, action):
            return lambda n: struct.pack(">BB8xIBB", code, action, n, 0, 0)

        forms = [inquiry, lambda n: inquiry(n, 0x83), six(0x03, 0), six(0x1A, 0x3F),
                 ten(0x5A, 0, 0x3F), ten(0x5E, 0), ten(0x5E, 2), ten(0x5E, 3), ten(0x4D, 0, 0x40),
                 lambda n: report_luns(0, n), lambda n: report_opcodes(length=n), twelve(0x0A),
                 twelve(0x0F), sixteen(0x9E, 0x10), sixteen(0x9E, 0x12), sixteen(0x84, 3)]
        for form in forms:
            whole = self.peer.execute(form(250), read=65536).data
            for length in (0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 250):
                with self.subTest(cdb=form(length).hex()):
                    result = self.peer.execute(form(length), read=65536)
                    self.assertTrue(result.good, result)
                    self.assertEqual(len(result.data), min(length, len(whole)))

    def hazard_24_beyond_the_end_by_every_command(self):
        """Guards: LBA and length are added without wrapping, in every command that names blocks,
        and nothing is asked of the store."""
        end, wrap = self.blocks, (1 << 64) - 1
        for lba, blocks in ((end, 1), (end - 1, 2), (wrap, 1), (wrap - 6, 8), (1 << 63, 2)):
            long = struct.pack(">QI", lba, blocks) + bytes(2)
            for opcode in (0x88, 0x8A, 0x8B, 0x8E, 0x8F, 0x90, 0x91, 0x93):
                # VERIFY compares, so that it has data too; WRITE SAME has one block of it.
                flags = 2 if opcode in (0x8E, 0x8F) else 0
                self.refused(bytes((opcode, flags)) + long, 0x88 == opcode, blocks)
            self.refused(struct.pack(">BBQ3xBBB", 0x89, 0, lba, blocks, 0, 0), False, 2 * blocks)
            self.refused(struct.pack(">BBQIBB", 0x9E, 0x12, lba, 4096, 0, 0), True, 8,
                         lba >= end)
        for lba in (end, 0xFFFFFFFF):
            for opcode in (0x28, 0x2A, 0x2E, 0x2F, 0x34, 0x35, 0x41):
                self.refused(struct.pack(">BBIBHB", opcode, 0, lba, 0, 2, 0), opcode == 0x28, 2)
            for opcode in (0xA8, 0xAA, 0xAE, 0xAF):
                self.refused(struct.pack(">BBIIBB", opcode, 0, lba, 2, 0, 0), opcode == 0xA8, 2)

    def refused(self, cdb, reads, blocks, is_refused=True):
        data = b"" if reads else bytes(512 * blocks)
        result = self.peer.execute(cdb, read=512 * blocks if reads else 0, write=data)
        if is_refused:
            self.assertEqual(result.sense_code, OUT_OF_RANGE, cdb.hex())
            self.assertEqual(result.status, CHECK_CONDITION)

    def hazard_24_lengths_of_blocks(self):
        """Guards: no blocks, more than the limits of VPD B0, more than a CDB's data."""
        same = struct.pack(">BBQIBB", 0x93, 0, 0, 0, 0, 0)
        self.assert_sense(self.peer.execute(same, write=bytes(512)), *INVALID_FIELD)  # WSNZ
        for blocks in (16 * 2048 + 1, self.blocks):
            same = struct.pack(">BBQIBB", 0x93, 0, 0, blocks, 0, 0)
            self.assert_sense(self.peer.execute(same, write=bytes(512)), *INVALID_FIELD)
        swap = struct.pack(">BBQ3xBBB", 0x89, 0, 0, 129, 0, 0)
        self.assert_sense(self.peer.execute(swap, write=bytes(512)), *INVALID_FIELD)
        for blocks in (8193, 65536):
            result = self.peer.execute(struct.pack(">BBQIBB", 0x88, 0, 0, blocks, 0, 0),
                                       read=512 * blocks)
            self.assertEqual(result.sense_code, INVALID_FIELD)

    def hazard_24_long_cdbs(self):
        """Guards: the 16 bytes of the header are not read as 32, nor a 32-byte CDB as 16: READ (32)
        is not there (its operation code says so), with its bytes or without."""
        self.assert_sense(self.peer.execute(b"\x7f" + bytes(6) + b"\x18" + bytes(8), read=512),
                          *INVALID_OPCODE)
        self.assertTrue(self.peer.execute(read10(0, 1), read=512).good)


if __name__ == "__main__":
    main()
