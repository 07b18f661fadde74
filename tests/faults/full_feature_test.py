#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A peer that has logged in properly and then breaks the protocol."""

import contextlib
import random
import struct

from fault_test import MIB, TARGET, FaultTest, main
from peer import (COMMAND, CONTINUE, DATA_OUT, FINAL, LOGIN, LOGOUT, NO_TAG, NOP_IN, NOP_OUT, READ,
                  REJECT, RESPONSE, SNACK, TARGET_COLD_RESET, TASK, TASK_IN_PROGRESS,
                  TASK_RESPONSE, TEST_UNIT_READY, TEXT, TEXT_RESPONSE, Closed, pdu, read10,
                  write10)

INVALID_FIELD = 9  # reason of a Reject (11.17.1)
KNOWN = (NOP_OUT, COMMAND, TASK, LOGIN, TEXT, DATA_OUT, LOGOUT, SNACK)


class FullFeature(FaultTest):
    def rejected_or_closed(self, peer, *sent):
        """Sends; true when what follows is a Reject or the end of the connection."""
        try:
            for raw in sent:
                peer.send(raw)
            return peer.until(lambda got: got.opcode != NOP_IN, 5)[-1].opcode == REJECT
        except Closed:
            return True

    # --- headers ---

    def hazard_01_length_bomb_in_full_feature_phase(self):
        """Guards: DataSegmentLength is held against MaxRecvDataSegmentLength, in every opcode."""
        with self.memory_within(16 * MIB):
            for opcode in range(0x40):
                with self.subTest(opcode=hex(opcode)):
                    peer = self.session()
                    self.assert_closed_by(peer, pdu(opcode, itt=9, dsl=0xFFFFFF, w24=peer.cmd_sn))

    def hazard_01_one_byte_over_the_declared_length(self):
        """Guards: the bound is what we declared, to the byte."""
        peer = self.session()
        limit = peer.term("MaxRecvDataSegmentLength", 8192)
        self.assert_closed_by(peer, pdu(NOP_OUT, immediate=True, itt=9, dsl=limit + 1,
                                        w24=peer.cmd_sn))

    def hazard_02_additional_headers_and_length_bomb(self):
        """Guards: the sum of all lengths does not wrap."""
        peer = self.session()
        self.assert_closed_by(peer, pdu(COMMAND, flags=FINAL | READ, itt=5, ahs_words=255,
                                        dsl=0xFFFFFF, cdb=read10(0, 1), w24=peer.cmd_sn))

    def hazard_04_unknown_opcodes(self):
        """Guards: an opcode outside of the table is rejected, and nothing else happens."""
        for opcode in (op for op in range(0x40) if op not in KNOWN):
            with self.subTest(opcode=hex(opcode)):
                peer = self.session()
                self.assertTrue(self.rejected_or_closed(
                    peer, pdu(opcode, immediate=True, itt=5, w24=peer.cmd_sn)))

    def hazard_30_random_pdus(self):
        """Guards: nothing a logged-in peer sends ends the process."""
        for _ in range(150):
            peer = self.session()
            with contextlib.suppress(Closed, TimeoutError):
                for _ in range(20):
                    raw = bytearray(pdu(random.choice(KNOWN), data=random.randbytes(
                        random.choice((0, 4, 48, 512)))))
                    raw[1] = random.randrange(256)
                    if raw[0] & 0x3F == TASK and raw[1] & 0x7F == TARGET_COLD_RESET:
                        raw[1] ^= 1  # which may rightly end the session after this one
                    raw[8:16] = random.choice((bytes(8), random.randbytes(8)))
                    raw[16:20] = random.choice((b"\0\0\0\x01", random.randbytes(4)))
                    raw[24:28] = struct.pack(">I", peer.cmd_sn + random.choice((0, 0, 0, 1, -1)))
                    raw[32:48] = random.randbytes(16)
                    peer.send(bytes(raw))
                    peer.cmd_sn += 1
            peer.close()

    # --- sequence numbers and tags ---

    def hazard_12_outside_of_the_window(self):
        """Guards: a CmdSN outside of the window is ignored, and the connection lives (4.2.2.1)."""
        peer = self.session()
        good = peer.cmd_sn
        for wrong in (good - 1, good - 1000, peer.max_cmd_sn + 1, good + 0x7FFFFFFF, 0):
            if wrong == good:
                continue
            peer.send(pdu(COMMAND, flags=FINAL, itt=0x7777, ttt=0, cdb=TEST_UNIT_READY, w24=wrong))
        seen = peer.ping()
        # Nor later, when the numbers have come to where it pretended to be.
        for _ in range(peer.max_cmd_sn - peer.cmd_sn + 3):
            itt = peer.start(TEST_UNIT_READY)
            seen += peer.until(lambda got, itt=itt: got.itt == itt, 5)
        self.assertFalse([got for got in seen if got.itt == 0x7777], "it was executed")
        self.assert_works(peer)

    def hazard_12_hole(self):
        """Guards: commands are executed in CmdSN order; a hole holds what is behind it."""
        peer = self.session()
        first = peer.cmd_sn
        for number in (2, 1):
            peer.send(pdu(COMMAND, flags=FINAL, itt=0x100 + number, ttt=0, cdb=TEST_UNIT_READY,
                          w24=first + number))
        self.assertEqual([got.opcode for got in peer.ping()], [NOP_IN])
        peer.send(pdu(COMMAND, flags=FINAL, itt=0x100, ttt=0, cdb=TEST_UNIT_READY, w24=first))
        peer.cmd_sn = first + 3
        order = [peer.until(lambda got: got.opcode == RESPONSE)[-1].itt for _ in range(3)]
        self.assertEqual(order, [0x100, 0x101, 0x102])
        self.assert_works(peer)

    def hazard_12_duplicate(self):
        """Guards: a CmdSN that was taken is not taken again."""
        peer = self.session()
        raw = pdu(COMMAND, flags=FINAL, itt=0x200, ttt=0, cdb=TEST_UNIT_READY, w24=peer.cmd_sn)
        peer.send(raw + raw + raw)
        peer.cmd_sn += 1
        answers = [got for got in peer.ping() if got.itt == 0x200]
        self.assertLessEqual(len(answers), 1)
        self.assert_works(peer)

    def hazard_13_task_tag_in_use(self):
        """Guards: two tasks never share an Initiator Task Tag (11.2.1.8)."""
        peer = self.session()
        data = b"d" * 8192
        first = peer.start(write10(0, 16), write=data, immediate_bytes=0)
        r2t = peer.receive()
        peer.start(read10(0, 1), read=512, itt=first)
        got = peer.until(lambda got: got.opcode != NOP_IN, 5)[-1]
        self.assertEqual((got.opcode, got.reason), (REJECT, TASK_IN_PROGRESS))
        peer.send_data(r2t, data)
        self.assertTrue(peer.finish(first, data).good)

    # --- text, ping, logout ---

    def hazard_19_text_without_end(self):
        """Guards: a text request that is continued for ever is bounded."""
        peer = self.session()
        ttt = NO_TAG
        with self.memory_within(16 * MIB), contextlib.suppress(Closed):
            for _ in range(200):
                peer.send(pdu(TEXT, flags=CONTINUE, immediate=True, itt=0x300, ttt=ttt,
                              data=b"SendTargets=" + b"A" * 8000, w24=peer.cmd_sn))
                got = peer.until(lambda got: got.opcode in (TEXT_RESPONSE, REJECT), 5)[-1]
                if got.opcode == REJECT:
                    break
                ttt = got.ttt
            else:
                self.fail("1.6 MB of text were taken")

    def hazard_19_tag_of_nobody(self):
        """Guards: a Target Transfer Tag is compared with ours; it is no pointer, nor an index, and
        a text under it is no part of ours."""
        for ttt in (0x41414141, 0, 0xFFFFFFFE):
            peer = self.session()
            peer.send(pdu(TEXT, immediate=True, itt=0x302, ttt=ttt, data=b"SendTargets=All\0",
                          w24=peer.cmd_sn))
            got = peer.until(lambda got: got.opcode in (TEXT_RESPONSE, REJECT), 5)[-1]
            self.assertEqual((got.opcode, got.header[2]), (REJECT, INVALID_FIELD))
            self.assert_works(peer)

    def hazard_19_many_keys(self):
        """Guards: unknown keys in full feature phase: bounded answer."""
        peer = self.session()
        with contextlib.suppress(Closed):
            peer.send(pdu(TEXT, immediate=True, itt=0x303, w24=peer.cmd_sn,
                          data=b"".join(b"k%d=v\0" % number for number in range(900))))
            got = peer.until(lambda got: got.opcode in (TEXT_RESPONSE, REJECT), 5)[-1]
            self.assertLessEqual(len(got.data), 8192)

    def hazard_18_pings_before_their_turn(self):
        """Guards: what waits behind a hole in CmdSN keeps one PDU's data, not a window's."""
        peer = self.session()
        size = peer.term("MaxRecvDataSegmentLength", 8192)
        hole = peer.cmd_sn
        with self.memory_within(0), self.counts("lungate_rejects_total", 60):
            for number in range(1, 64):
                peer.send(pdu(NOP_OUT, itt=0x500 + number, w24=hole + number, data=bytes(size)))
            seen = peer.ping()
        self.assertGreaterEqual(sum(got.opcode == REJECT for got in seen), 60)
        self.assert_works(peer)  # fills the hole
        peer.cmd_sn = hole + 64
        self.assert_works(peer)

    def hazard_18_answers_to_pings_that_were_not_sent(self):
        """Guards: a NOP-Out with a Target Transfer Tag of nobody changes nothing."""
        peer = self.session()
        for tag in (1, 0x7FFFFFFF, 0xFFFFFFFE):
            peer.send(pdu(NOP_OUT, immediate=True, itt=NO_TAG, ttt=tag, w24=peer.cmd_sn))
        with contextlib.suppress(Closed):
            peer.ping()
            self.assert_works(peer)

    def test_unknown_task_management_functions(self):
        """Guards: function codes are held against the table."""
        peer = self.session()
        for function in set(range(128)) - {TARGET_COLD_RESET}:
            itt = peer.manage(function)
            got = peer.until(lambda got, itt=itt: got.itt == itt or got.opcode == REJECT)[-1]
            self.assertIn(got.opcode, (TASK_RESPONSE, REJECT))
        self.session()

    def test_a_cold_reset_is_answered_and_ends_every_session(self):
        """Guards: the answer is sent before the sessions of the target are closed."""
        peer, other = self.session(), self.session(isid=bytes([0x80, 0, 0, 0, 0, 2]))
        itt = peer.manage(TARGET_COLD_RESET)
        self.assertEqual(peer.until(lambda got: got.itt == itt)[-1].opcode, TASK_RESPONSE)
        for one in (peer, other):
            with self.assertRaises(Closed):
                while True:
                    one.receive()
        self.session()

    # --- digests ---

    def hazard_04_discovery_session_may_not_do_more(self):
        """Guards: a discovery session takes Text and Logout only (4.3)."""
        for raw in (pdu(COMMAND, flags=FINAL, itt=1, ttt=0, cdb=TEST_UNIT_READY, w24=1),
                    pdu(TASK, flags=FINAL | 5, immediate=True, itt=1, w24=1),
                    pdu(DATA_OUT, itt=1, ttt=1, data=b"x" * 512)):
            peer = self.connect().login(None)
            self.assertTrue(self.rejected_or_closed(peer, raw))
        peer = self.connect().login(None)
        peer.send(pdu(TEXT, itt=1, data=b"SendTargets=All\0", w24=peer.cmd_sn))
        self.assertIn(TARGET.encode(), peer.receive().data)


if __name__ == "__main__":
    main()
