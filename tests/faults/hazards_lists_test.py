#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hazard 24: parameter lists, and what other targets have had with them (SPC-4; SBC-3)."""

import random
import struct

from fault_test import MIB, FaultTest, main
from gateway import file_lun
from peer import FINAL, LUN_RESET, READ, TASK_RESPONSE, WRITE, read10

GOOD = None  # as a sense code
INVALID_FIELD, LENGTH_ERROR, INVALID_FIELD_IN_LIST = (5, 0x24, 0), (5, 0x1A, 0), (5, 0x26, 0)
BUFFER = 4096  # limits::kEchoBufferBytesMax


def unmap(size):
    return struct.pack(">B6xHB", 0x42, size, 0)


def mode_select6(size):
    return bytes((0x15, 0x10, 0, 0, size, 0))


def mode_select10(size):
    return struct.pack(">BB5xHB", 0x55, 0x10, size, 0)


def reserve_out(size, action=0):
    return struct.pack(">BBB2xIB", 0x5F, action, 0, size, 0)


def extended_copy(size):
    return struct.pack(">BB8xIBB", 0x83, 0, size, 0, 0)


def write_buffer(offset, size, mode=0x0A):
    return bytes((0x3B, mode, 0)) + offset.to_bytes(3, "big") + size.to_bytes(3, "big") + b"\0"


def read_buffer(offset, size, mode=0x0A):
    return bytes((0x3C, mode, 0)) + offset.to_bytes(3, "big") + size.to_bytes(3, "big") + b"\0"


def report(option, opcode, action):
    return struct.pack(">BBBBHIBB", 0xA3, 0x0C, option, opcode, action, 512, 0, 0)


def unmap_list(*descriptors, told=None):
    """(LBA, blocks) each; `told` lies about the length of all of them."""
    body = b"".join(struct.pack(">QI4x", *one) for one in descriptors)
    size = len(body) if told is None else told
    return struct.pack(">HH4x", 6 + size & 0xFFFF, size) + body


class ListTest(FaultTest):
    LUNS = [file_lun(0, "64MiB"), file_lun(3, "16MiB", block_size=4096)]

    def setUp(self):
        super().setUp()
        self.peer = self.session()

    def sense(self, cdb, data=b"", edtl=None):
        return self.peer.execute(cdb, write=data, edtl=len(data) if edtl is None else edtl,
                                 flags=FINAL | (WRITE if data else 0), timeout=5).sense_code


class Lists(ListTest):
    FORMS = ((unmap, 8), (mode_select6, 4), (mode_select10, 8), (reserve_out, 24),
             (extended_copy, 16))

    def hazard_24_shorter_than_a_header(self):
        """Guards: a list that ends within its header is a length error, whatever its bytes say,
        and an empty one changes nothing."""
        for form, header in self.FORMS:
            for size in range(0, header):
                for fill in (b"\0", b"\xff"):
                    with self.subTest(form=form.__name__, size=size, fill=fill):
                        sense = self.sense(form(size), fill * size)
                        empty_is_good = size == 0 and form is not reserve_out
                        self.assertEqual(sense, GOOD if empty_is_good else LENGTH_ERROR)
        self.assert_works(self.peer)

    def regression_cve_2026_53176_less_data_than_the_list(self):
        """Guards: no length is taken from another before they are compared: data that is shorter
        than the CDB says, or than the list says of itself, is refused (LIO, isert)."""
        for form, header in self.FORMS:
            for told in (header, header + 1, 64, 255):
                for size in (4, header - 4, header, 60):
                    if 0 < size < told:
                        with self.subTest(form=form.__name__, told=told, size=size):
                            self.assertEqual(self.sense(form(told), bytes(size))[0], 5)
        for data in (unmap_list((0, 1), told=17), unmap_list((0, 1), told=0xFFFF),
                     b"\0\0\0\x10" + bytes(20), b"\0\x05\0\0" + bytes(4)):
            self.assertIn(self.sense(unmap(len(data)), data), (LENGTH_ERROR, INVALID_FIELD_IN_LIST))

    def regression_cve_2024_39281_parameter_list_bombs(self):
        """Guards: what a CDB says of its list allocates nothing beyond what a list may have
        (hazard 24; FreeBSD: PERSISTENT RESERVE OUT of 4 GiB)."""
        with self.memory_within(16 * MIB):
            for cdb in (reserve_out(0xFFFFFFFF), reserve_out(0x80000000), reserve_out(0x10001),
                        extended_copy(0xFFFFFFFF), extended_copy(8193), unmap(0xFFFF),
                        mode_select10(0xFFFF), write_buffer(0, 0xFFFFFF)):
                for edtl in (0, 24, 0xFFFFFFFF):
                    with self.subTest(cdb=cdb.hex(), edtl=edtl):
                        result = self.peer.execute(cdb, write=bytes(min(edtl, 24)), edtl=edtl,
                                                   flags=FINAL | WRITE, timeout=5)
                        self.assertEqual(result.sense_code[0], 5)
        self.assert_works(self.peer)

    def hazard_24_unmap_descriptors(self):
        """Guards: descriptors are counted and summed before the first is unmapped: one wrong one,
        wherever it is, unmaps nothing."""
        kept = b"k" * 512
        blocks, _ = self.peer.capacity()
        self.assertTrue(self.peer.execute(struct.pack(">BBIBHB", 0x2A, 0, 9, 0, 1, 0),
                                          write=kept).good)
        good = (9, 1)
        wrong = ((blocks, 1), (blocks - 1, 2), ((1 << 64) - 1, 2), ((1 << 64) - 1, 0xFFFFFFFF),
                 (1 << 63, 1), (0, 0xFFFFFFFF))
        for one in wrong:
            data = unmap_list(good, one)
            self.assertEqual(self.sense(unmap(len(data)), data), (5, 0x21, 0), one)
        data = unmap_list(*([good] * 257))
        self.assertEqual(self.sense(unmap(len(data)), data), INVALID_FIELD_IN_LIST)
        self.assertEqual(self.peer.execute(read10(9, 1), read=512).data, kept)
        data = unmap_list(((1 << 64) - 1, 0), good)  # of no blocks: nothing, wherever it is
        self.assertEqual(self.sense(unmap(len(data)), data), GOOD)
        self.assertEqual(self.peer.execute(read10(9, 1), read=512).data, bytes(512))

    def hazard_24_random_lists(self):
        """Guards: nothing in a parameter list ends the process or leaves the initiator without an
        answer."""
        for _ in range(600):
            form, header = random.choice(self.FORMS)
            size = random.choice((header, header + 4, 32, 64, 255))
            data = bytearray(random.choice((bytes(size), random.randbytes(size))))
            for _ in range(random.randrange(6)):
                data[random.randrange(size)] = random.choice((0, 1, 0x7F, 0xFF, size & 255))
            self.sense(form(size), bytes(data))
        self.assert_works(self.session())


class OtherTargets(ListTest):
    def regression_spdk_19_07_lengths_that_disagree(self):
        """Guards: EDTL, CDB and direction may say three things: the command is answered, and the
        process lives (SPDK: "carefully prepared, invalid I/O request")."""
        bytes_of = (0, 1, 511, 512, 513, 4096, 0x7FFFFFFF, 0xFFFFFFFF)
        for opcode in (0x28, 0x2A, 0x88, 0x8A, 0x89, 0x93, 0x42, 0x8F, 0x12, 0x5E, 0x5F):
            for edtl in bytes_of:
                for flags in (FINAL, FINAL | READ, FINAL | WRITE, FINAL | READ | WRITE):
                    cdb = bytearray(16)
                    cdb[0] = opcode
                    cdb[random.randrange(6, 14)] = random.choice((1, 8, 255))
                    data = bytes(min(edtl, 4096)) if flags & WRITE else b""
                    tag = self.peer.start(bytes(cdb), write=data, edtl=edtl, flags=flags)
                    self.end(tag)
        self.assert_works(self.session())

    def end(self, tag):
        """Whatever it asks for beyond what we have is given as zeros."""
        zeros = bytes(4 * MIB)
        try:
            self.peer.finish(tag, zeros, timeout=5)
        except AssertionError:  # an R2T beyond four MiB
            self.fail(f"more is asked for than a command may have (seed {self.seed})")

    def regression_cve_2024_42416_report_supported_operation_codes(self):
        """Guards: operation code and service action are looked up in bounds, each of them, under
        each reporting option (FreeBSD)."""
        cdbs = [report(option, opcode, action) for opcode in range(256) for option in (1, 2, 3)
                for action in (0, 1, 0x1F, 0x20, 0xFF, 0x100, 0x7FFF, 0xFFFF)]
        known = 0
        for cdb, result in self.peer.execute_all(cdbs, read=512):
            if result.good:
                size = struct.unpack_from(">H", result.data, 2)[0]
                known += size > 0
                self.assertLessEqual(size, 32, cdb.hex())
                self.assertEqual(len(result.data), 4 + size)
            else:
                self.assertEqual(result.sense_code, INVALID_FIELD)
        self.assertGreater(known, 100)
        for cdb, result in self.peer.execute_all([report(option, 0, 0) for option in range(4, 8)],
                                                 read=512):
            self.assertEqual(result.sense_code, INVALID_FIELD)

    def regression_cve_2024_43110_request_sense(self):
        """Guards: sense data is as long as it is, whatever is asked for, in both formats, and
        nothing of another's stands behind it (FreeBSD)."""
        for descriptor in (0, 1):
            for length in range(256):
                for lun in (0, 9):
                    cdb = bytes((3, descriptor, 0, 0, length, 0))
                    result = self.peer.execute(cdb, read=65536, lun=lun)
                    self.assertTrue(result.good)
                    self.assertLessEqual(len(result.data), min(length, 64))
                    if length >= 8 and len(result.data) >= 8:
                        self.assertEqual(len(result.data), min(length, 8 + result.data[7]))

    def regression_cve_2024_8178_buffer_that_was_not_written(self):
        """Guards: an echo buffer that nobody has written has nothing of anybody's in it (FreeBSD:
        uninitialised memory), also after buffers of the process were full of a pattern."""
        pattern = b"\xa5" * (256 * 1024)
        for lba in range(0, 4096, 512):
            self.assertTrue(self.peer.execute(struct.pack(">BBIBHB", 0x2A, 0, lba, 0, 512, 0),
                                              write=pattern).good)
        fresh = self.session()
        for size in (1, 512, BUFFER, 0xFFFFFF):
            result = fresh.execute(read_buffer(0, size), read=65536)
            self.assertEqual(result.data.strip(b"\0"), b"", result.sense_code)

    def regression_cve_2024_45063_echo_buffer(self):
        """Guards: offsets and lengths of the echo buffer, and its end with a reset, a session or
        a shorter one while it is read (FreeBSD: use after free)."""
        peer = self.session()
        for size in (4, 252, BUFFER, BUFFER + 1, 8):
            data = random.randbytes(size)
            result = peer.execute(write_buffer(0, size), write=data)
            self.assertEqual(result.good, size <= BUFFER)
            if result.good:
                self.assertEqual(peer.execute(read_buffer(0, size), read=size).data, data)
        for offset in (1, 4, BUFFER, 0xFFFFFF):  # ignored, as SPC-4, 6.18.6 says
            self.assertTrue(peer.execute(write_buffer(offset, 8), write=b"12345678").good)
            self.assertEqual(peer.execute(read_buffer(offset, 8), read=8).data, b"12345678")
        for _ in range(30):
            peer.start(write_buffer(0, BUFFER), write=bytes(BUFFER))
            peer.start(read_buffer(0, BUFFER), read=BUFFER)
            itt = peer.manage(LUN_RESET)
            peer.start(read_buffer(0, BUFFER), read=BUFFER)
            peer.until(lambda got, itt=itt: got.opcode == TASK_RESPONSE and got.itt == itt)
        peer.reset()


if __name__ == "__main__":
    main()
