#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Data-Out that is not what was asked for (RFC 7143, 11.7, 11.8) never becomes a GOOD write."""

import contextlib
import random

from fault_test import FaultTest, main
from peer import (COMMAND, DATA_OUT, FINAL, NO_TAG, NOP_IN, R2T, REJECT, RESPONSE, WRITE, Closed,
                  pdu, read10, write10)

BLOCKS = 64
BYTES = BLOCKS * 512
LBA = 1000


class DataOut(FaultTest):
    def begin(self, **more):
        """A write of BYTES over known old content, its first R2T received."""
        peer = self.session(ImmediateData="No", InitialR2T="Yes", **more)
        self.old = random.randbytes(BYTES)
        self.assertTrue(peer.execute(write10(LBA, BLOCKS), write=self.old).good)
        self.new = random.randbytes(BYTES)
        self.itt = peer.start(write10(LBA, BLOCKS), write=self.new)
        self.r2t = peer.until(lambda got: got.opcode == R2T)[-1]
        return peer

    def assert_not_good(self, peer, must_end=True):
        """The write fails, or the connection ends; what is stored is not made up."""
        with contextlib.suppress(Closed):
            try:
                got = peer.until(lambda got: got.opcode in (RESPONSE, REJECT), 3)[-1]
                self.assertFalse(got.opcode == RESPONSE and got.header[2:4] == b"\0\0",
                                 f"answered GOOD (seed {self.seed})")
            except TimeoutError:
                self.assertFalse(must_end, "no answer, and no end")
        peer.close()
        stored = self.session().execute(read10(LBA, BLOCKS), read=BYTES).data
        for at in range(0, BYTES, 512):
            self.assertIn(stored[at:at + 512], (self.old[at:at + 512], self.new[at:at + 512]),
                          "bytes from elsewhere were written")

    def piece(self, offset, size, **more):
        options = {"itt": self.itt, "ttt": self.r2t.ttt, "offset": offset,
                   "data": self.new[offset:offset + size].ljust(size, b"!"), "w36": 0, **more}
        return pdu(DATA_OUT, **options)

    def test_as_asked(self):
        """Not a fault: the same write, done right."""
        peer = self.begin()
        peer.send_data(self.r2t, self.new)
        self.assertTrue(peer.finish(self.itt, self.new).good)
        self.assertEqual(peer.execute(read10(LBA, BLOCKS), read=BYTES).data, self.new)

    def hazard_14_data_sn(self):
        """Guards: DataSN counts from 0 by 1 within a sequence."""
        for first, second in ((1, 2), (0, 2), (0, 0), (0xFFFFFFFF, 0), (1, 0)):
            with self.subTest(f"{first}, {second}"):
                peer = self.begin()
                half = BYTES // 2
                with contextlib.suppress(Closed):
                    peer.send(self.piece(0, half, flags=0, w36=first) +
                              self.piece(half, half, w36=second))
                self.assert_not_good(peer)

    def hazard_14_offsets(self):
        """Guards: data goes where the R2T said, in order, and never beyond the buffer."""
        for offset in (512, 4, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFE00, BYTES, BYTES - 256):
            with self.subTest(offset=offset):
                peer = self.begin()
                with contextlib.suppress(Closed):
                    peer.send(self.piece(offset, 512))
                self.assert_not_good(peer)

    def hazard_14_more_than_was_asked_for(self):
        """Guards: the sum of a sequence is what the R2T desired, not a byte more."""
        peer = self.begin()
        with contextlib.suppress(Closed):
            peer.send(self.piece(0, BYTES + 512))
        self.assert_not_good(peer)

    def hazard_14_less_than_was_asked_for(self):
        """Guards: F before the end of the sequence is a broken sequence, not a shorter write."""
        peer = self.begin()
        with contextlib.suppress(Closed):
            peer.send(self.piece(0, 512))
        self.assert_not_good(peer, must_end=False)

    def hazard_14_no_final_bit(self):
        """Guards: a full sequence without F is a protocol error, or waits: never GOOD early."""
        peer = self.begin()
        with contextlib.suppress(Closed):
            peer.send(self.piece(0, BYTES, flags=0) + self.piece(0, BYTES, w36=1))
        self.assert_not_good(peer)

    def hazard_14_transfer_tags(self):
        """Guards: the Target Transfer Tag is looked up and belongs to this task."""
        for ttt in (0, 0x41414141, NO_TAG):
            with self.subTest(ttt=hex(ttt)):
                peer = self.begin()
                if ttt == self.r2t.ttt:
                    ttt ^= 0x5A5A
                with contextlib.suppress(Closed):
                    peer.send(self.piece(0, BYTES, ttt=ttt))
                self.assert_not_good(peer, must_end=False)

    def hazard_14_task_tags(self):
        """Guards: data of a task that does not exist is dropped or ends the connection."""
        for itt in (0xDEAD, NO_TAG):
            peer = self.begin()
            with contextlib.suppress(Closed):
                peer.send(self.piece(0, BYTES, itt=itt))
            self.assert_not_good(peer, must_end=False)

    def hazard_14_other_lun(self):
        """Guards: the LUN of a Data-Out is the task's."""
        peer = self.begin()
        with contextlib.suppress(Closed):
            peer.send(self.piece(0, BYTES, lun=5))
            got = peer.until(lambda got: got.opcode in (RESPONSE, REJECT), 3)[-1]
            if got.opcode == RESPONSE and got.header[3] == 0:  # the tag alone decided: harmless
                self.assertEqual(peer.execute(read10(LBA, BLOCKS), read=BYTES).data, self.new)

    def hazard_14_data_for_a_read(self):
        """Guards: a task that reads takes no data."""
        peer = self.session()
        itt = peer.start(read10(0, 8), read=4096)
        with contextlib.suppress(Closed):
            peer.send(pdu(DATA_OUT, itt=itt, ttt=1, data=b"x" * 512, offset=0))
            peer.ping()

    def hazard_14_no_data_at_all(self):
        """Guards: an empty Data-Out moves nothing and repeats nothing."""
        peer = self.begin()
        with contextlib.suppress(Closed):
            for number in range(100):
                peer.send(self.piece(0, 0, flags=0, w36=number))
            peer.ping()
        peer.close()

    def hazard_13_transfer_tag_twice(self):
        """Guards: an R2T is answered once; its tag is dead afterwards."""
        peer = self.begin()
        with contextlib.suppress(Closed):
            peer.send(self.piece(0, BYTES))
            self.assertTrue(peer.finish(self.itt, self.new).good)
            peer.send(self.piece(0, BYTES))
            peer.ping()
        self.assertEqual(self.session().execute(read10(LBA, BLOCKS), read=BYTES).data, self.new)

    # --- unsolicited data ---

    def unsolicited(self, immediate, edtl, flags=FINAL | WRITE, **terms):
        peer = self.session(**terms)
        self.old = self.new = bytes(BYTES)
        peer.execute(write10(LBA, BLOCKS), write=self.old)
        raw = pdu(COMMAND, flags=flags, itt=0x500, ttt=edtl, data=immediate,
                  cdb=write10(LBA, edtl // 512), w24=peer.cmd_sn)
        return peer, raw

    def hazard_14_immediate_data_not_agreed(self):
        """Guards: ImmediateData=No means none."""
        peer, raw = self.unsolicited(b"\xaa" * 512, 1024, ImmediateData="No")
        with contextlib.suppress(Closed):
            peer.send(raw)
        self.assert_not_good(peer)

    def hazard_14_more_immediate_data_than_first_burst(self):
        """Guards: unsolicited data ends at FirstBurstLength."""
        peer, raw = self.unsolicited(b"\xaa" * 2048, BYTES, FirstBurstLength=1024)
        with contextlib.suppress(Closed):
            peer.send(raw)
        self.assert_not_good(peer)

    def hazard_14_more_immediate_data_than_expected(self):
        """Guards: immediate data ends at the Expected Data Transfer Length."""
        peer, raw = self.unsolicited(b"\xaa" * 2048, 1024)
        with contextlib.suppress(Closed):
            peer.send(raw)
        self.assert_not_good(peer)

    def hazard_14_unsolicited_data_not_agreed(self):
        """Guards: InitialR2T=Yes means no Data-Out before an R2T."""
        peer, raw = self.unsolicited(b"", 1024, flags=WRITE, InitialR2T="Yes", ImmediateData="No")
        with contextlib.suppress(Closed):
            peer.send(raw + pdu(DATA_OUT, itt=0x500, data=b"\xaa" * 1024, offset=0))
        self.assert_not_good(peer)

    def hazard_14_unsolicited_data_beyond_first_burst(self):
        """Guards: Data-Out without R2T ends at FirstBurstLength, immediate data counted in."""
        peer, raw = self.unsolicited(b"\xaa" * 512, BYTES, flags=WRITE, InitialR2T="No",
                                     FirstBurstLength=1024)
        with contextlib.suppress(Closed):
            peer.send(raw + pdu(DATA_OUT, itt=0x500, data=b"\xaa" * 1024, offset=512))
        self.assert_not_good(peer)

    def test_unsolicited_data_at_work(self):
        """Not a fault: immediate data, Data-Out without R2T, then R2T for the rest."""
        peer = self.session(InitialR2T="No", FirstBurstLength=2048, MaxBurstLength=4096)
        if peer.terms["InitialR2T"] == "Yes":
            self.skipTest("the gateway insists on R2T")
        data = random.randbytes(BYTES)
        itt = peer.start(write10(LBA, BLOCKS), write=data, immediate_bytes=512, final=False)
        peer.send(pdu(DATA_OUT, itt=itt, data=data[512:2048], offset=512))
        self.assertTrue(peer.finish(itt, data).good)
        self.assertEqual(peer.execute(read10(LBA, BLOCKS), read=BYTES).data, data)
        self.assertEqual([got.opcode for got in peer.ping()], [NOP_IN])


if __name__ == "__main__":
    main()
