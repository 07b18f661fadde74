#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commands at the edges and beyond: ends, zeros, lengths that disagree (RFC 7143, 11.4.5)."""

import random

from fault_test import MIB, Closed, FaultTest, main
from gateway import file_lun
from peer import CHECK_CONDITION, FINAL, READ, REJECT, WRITE, read10, read16, write10, write16

OUT_OF_RANGE = (5, 0x21)


class ScsiEdges(FaultTest):
    LUNS = [file_lun(0, "64MiB"), file_lun(3, "16MiB", block_size=4096)]

    def setUp(self):
        super().setUp()
        self.peer = self.session()
        self.blocks, self.block = self.peer.capacity()

    def read(self, lba, blocks, edtl=None):
        edtl = blocks * self.block if edtl is None else edtl
        return self.peer.execute(read16(lba, blocks), read=edtl, edtl=edtl, flags=FINAL | READ)

    # --- ends ---

    def hazard_24_beyond_the_end(self):
        """Guards: LBA plus length is checked without wrapping, before the backend is asked."""
        end = self.blocks
        for lba, blocks in ((end, 1), (end - 1, 2), (end + 1, 1), (1 << 31, 1), (1 << 63, 8),
                            ((1 << 64) - 1, 1), ((1 << 64) - 1, 0xFFFF), ((1 << 64) - 8, 16)):
            with self.subTest(lba=lba, blocks=blocks):
                self.assert_sense(self.read(lba, blocks), *OUT_OF_RANGE)
                data = b"w" * (min(blocks, 16) * self.block)
                result = self.peer.execute(write16(lba, blocks), write=data,
                                           edtl=blocks * self.block)
                self.assert_sense(result, *OUT_OF_RANGE)
        self.assert_sense(self.peer.execute(read10(0xFFFFFFFF, 1), read=512), *OUT_OF_RANGE)
        self.assert_works(self.peer)

    def test_last_block(self):
        """Not a fault: the last block is there."""
        data = random.randbytes(self.block)
        self.assertTrue(self.peer.execute(write16(self.blocks - 1, 1), write=data).good)
        self.assertEqual(self.read(self.blocks - 1, 1).data, data)

    def test_zero_blocks(self):
        """Guards: a length of zero asks the backend nothing (librbd would abort) and is GOOD."""
        for lba in (0, 5, self.blocks - 1):
            self.assertTrue(self.read(lba, 0).good)
            self.assertTrue(self.peer.execute(write16(lba, 0)).good)
            self.assertTrue(self.peer.execute(read10(lba, 0)).good)
            self.assertTrue(self.peer.execute(write10(lba, 0)).good)
        self.assert_sense(self.read(self.blocks + 1, 0), *OUT_OF_RANGE)
        result = self.read(0, 0, edtl=512)
        self.assertEqual((result.good, result.signed_residual), (True, 512))

    # --- lengths that disagree ---

    def hazard_15_read_residuals(self):
        """Guards: data-in is cut to EDTL, and the difference is told (11.4.5.2)."""
        data = random.randbytes(4 * self.block)
        self.peer.execute(write16(200, 4), write=data)
        for edtl in (512, 1024, 2048, 4096, 65536, 513, 1):
            with self.subTest(edtl=edtl):
                result = self.read(200, 4, edtl)
                if result.status == CHECK_CONDITION:  # allowed: INVALID FIELD IN INFORMATION UNIT
                    self.assert_sense(result, 0xB, 0x0E, 3)
                    continue
                self.assertEqual(result.data, data[:edtl])
                self.assertEqual(result.signed_residual, edtl - len(data))

    def hazard_15_write_residuals(self):
        """Guards: a WRITE takes what CDB and EDTL agree on; no byte comes from elsewhere."""
        old = b"o" * (4 * self.block)
        for edtl in (512, 1024, 4096):
            with self.subTest(edtl=edtl):
                self.peer.execute(write16(300, 4), write=old)
                new = b"n" * edtl
                result = self.peer.execute(write16(300, 4), write=new, edtl=edtl)
                stored = self.read(300, 4).data
                if result.good:
                    self.assertEqual(result.signed_residual, edtl - len(old))
                    whole = min(edtl, len(old)) // self.block * self.block
                    self.assertEqual(stored[:whole], new[:whole])
                    self.assertEqual(stored[whole:], old[whole:])
                else:
                    self.assertEqual(stored, old)

    def hazard_15_direction_that_disagrees(self):
        """Guards: the R and W bits of the header do not decide what the CDB does. What they do not
        announce is expected by nobody, and the residual says that none of it was moved."""
        cases = ((read10(0, 1), FINAL, 0, -512), (read10(0, 1), FINAL | WRITE, 512, -512),
                 (write10(400, 1), FINAL | READ, 512, -512), (write10(400, 1), FINAL, 0, -512),
                 (write10(400, 1), FINAL, 512, -512), (read10(0, 1), FINAL, 512, -512),
                 (read10(0, 1), FINAL | READ | WRITE, 512, 0), (bytes(6), FINAL | WRITE, 512, 512),
                 (bytes(6), FINAL | READ, 512, 512))
        old = b"o" * self.block
        self.assertTrue(self.peer.execute(write10(400, 1), write=old).good)
        for cdb, flags, edtl, residual in cases:
            with self.subTest(cdb=cdb.hex(), flags=hex(flags), edtl=edtl):
                peer = self.session()
                result = peer.execute(cdb, flags=flags, edtl=edtl, write=b"x" * edtl
                                      if flags & WRITE else b"", timeout=5)
                self.assertEqual((result.good, result.signed_residual), (True, residual))
        self.assertEqual(self.read(400, 1).data, old)

    def hazard_15_transfer_length_bombs(self):
        """Guards: EDTL and transfer length are bounded before a buffer is allocated."""
        with self.memory_within(16 * MIB):
            result = self.read(0, 1, edtl=0xFFFFFFFF)
            self.assertEqual((result.good, len(result.data)), (True, 512))
            for blocks in (0x10000, 0xFFFFFFFF):
                result = self.read(0, blocks, edtl=0xFFFFFFFF)
                self.assertEqual(result.status, CHECK_CONDITION)
            for _ in range(20):
                result = self.peer.execute(write16(0, 0xFFFFFFFF), edtl=0xFFFFFFFF,
                                           flags=FINAL | WRITE, write=bytes(512))
                self.assertFalse(result.good)
        self.assert_works(self.peer)

    # --- who is not there ---

    # --- everything ---

    def hazard_24_every_opcode(self):
        """Guards: each of 256 opcodes is answered, with and without data."""
        peer = self.session()
        for opcode in range(256):
            for flags, write in ((FINAL, b""), (FINAL | READ, b""), (FINAL | WRITE, b"z" * 512)):
                try:
                    peer.execute(bytes((opcode,)) + bytes(15), flags=flags, write=write,
                                 edtl=0 if flags == FINAL else 512)
                except (Closed, TimeoutError) as failure:
                    self.fail(f"opcode {opcode:#x}, flags {flags:#x}: {failure!r}")

    def hazard_24_random_cdbs(self):
        """Guards: nothing in a CDB ends the process or leaves the initiator without an answer."""
        peer = self.session()
        peer.lun = random.choice((0, 3))
        opcodes = (0x12, 0x1A, 0x25, 0x28, 0x2A, 0x35, 0x41, 0x42, 0x55, 0x5A, 0x88, 0x8A, 0x8F,
                   0x91, 0x93, 0x9E, 0xA0, 0xA3, 0xA8, 0xAA, 0x7F)
        for number in range(1500):
            cdb = bytearray(random.randbytes(16))
            cdb[0] = random.choice(opcodes)
            if random.random() < 0.7:
                cdb[1] &= 0x10
                cdb[2:8] = bytes(6)
            flags, edtl = random.choice(((FINAL, 0), (FINAL | READ, 4096), (FINAL | WRITE, 4096)))
            result = peer.execute(bytes(cdb), flags=flags, edtl=edtl, timeout=10,
                                  write=random.randbytes(4096) if flags & WRITE else b"")
            self.assertNotEqual(result.response, REJECT, f"{number}: {cdb.hex()}")


if __name__ == "__main__":
    main()
