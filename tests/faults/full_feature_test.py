#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A peer that has logged in properly and then breaks the protocol."""

import contextlib
import random
import struct

from fault_test import MIB, TARGET, FaultTest, main
from peer import (COMMAND, CONTINUE, DATA_OUT, FINAL, LOGIN, LOGOUT, NO_TAG, NOP_IN,
                  NOP_OUT, READ, REJECT, RESPONSE, SNACK, TASK, TASK_RESPONSE, TEST_UNIT_READY,
                  TEXT, TEXT_RESPONSE, Closed, pdu, read10, write10)

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

    def test_length_bomb_in_every_opcode(self):
        """Guards: DataSegmentLength is held against MaxRecvDataSegmentLength, in every opcode."""
        with self.memory_within(16 * MIB):
            for opcode in range(0x40):
                with self.subTest(opcode=hex(opcode)):
                    peer = self.session()
                    self.assert_closed_by(peer, pdu(opcode, itt=9, dsl=0xFFFFFF, w24=peer.cmd_sn))

    def test_one_byte_over_the_declared_length(self):
        """Guards: the bound is what we declared, to the byte."""
        peer = self.session()
        limit = peer.term("MaxRecvDataSegmentLength", 8192)
        self.assert_closed_by(peer, pdu(NOP_OUT, immediate=True, itt=9, dsl=limit + 1,
                                        w24=peer.cmd_sn))

    def test_additional_header_segments(self):
        """Guards: AHS lengths are summed within TotalAHSLength; no AHS is read beyond its end."""
        ahs = {"unknown type": b"\0\x02\x3f\0\0\0\0\0",
               "length 0": b"\0\0\x01\0",
               "longer than the whole": b"\xff\xff\x01\0",
               "extended CDB of 0 bytes": b"\0\x01\x01\0",
               "type 0": bytes(8),
               "noise": random.randbytes(64),
               "full": random.randbytes(1020)}
        for name, segment in ahs.items():
            with self.subTest(name):
                peer = self.session()
                raw = pdu(COMMAND, flags=FINAL, itt=5, ttt=0, ahs=segment, cdb=TEST_UNIT_READY,
                          w24=peer.cmd_sn)
                with contextlib.suppress(Closed):
                    peer.send(raw)
                    peer.until(lambda got: got.opcode in (REJECT, RESPONSE), 5)

    def test_ahs_and_length_bomb_together(self):
        """Guards: the sum of all lengths does not wrap."""
        peer = self.session()
        self.assert_closed_by(peer, pdu(COMMAND, flags=FINAL | READ, itt=5, ahs_words=255,
                                        dsl=0xFFFFFF, cdb=read10(0, 1), w24=peer.cmd_sn))

    def test_unknown_opcodes(self):
        """Guards: an opcode outside of the table is rejected, and nothing else happens."""
        for opcode in (op for op in range(0x40) if op not in KNOWN):
            with self.subTest(opcode=hex(opcode)):
                peer = self.session()
                self.assertTrue(self.rejected_or_closed(
                    peer, pdu(opcode, immediate=True, itt=5, w24=peer.cmd_sn)))

    def test_snack(self):
        """Guards: SNACK under ErrorRecoveryLevel 0 is rejected (RFC 7143, 11.16)."""
        for kind in range(4):
            peer = self.session()
            self.assertTrue(self.rejected_or_closed(
                peer, pdu(SNACK, flags=FINAL | kind, itt=NO_TAG, w28=peer.exp_stat_sn)))

    def test_login_again(self):
        """Guards: no Login in full feature phase."""
        peer = self.session()
        self.assertTrue(self.rejected_or_closed(peer, peer.login_pdu(b"InitiatorName=iqn.x\0")))

    def test_random_pdus(self):
        """Guards: nothing a logged-in peer sends ends the process."""
        for _ in range(150):
            peer = self.session()
            with contextlib.suppress(Closed, TimeoutError):
                for _ in range(20):
                    raw = bytearray(pdu(random.choice(KNOWN), data=random.randbytes(
                        random.choice((0, 4, 48, 512)))))
                    raw[1] = random.randrange(256)
                    raw[8:16] = random.choice((bytes(8), random.randbytes(8)))
                    raw[16:20] = random.choice((b"\0\0\0\x01", random.randbytes(4)))
                    raw[24:28] = struct.pack(">I", peer.cmd_sn + random.choice((0, 0, 0, 1, -1)))
                    raw[32:48] = random.randbytes(16)
                    peer.send(bytes(raw))
                    peer.cmd_sn += 1
            peer.close()

    # --- sequence numbers and tags ---

    def test_cmd_sn_outside_of_the_window(self):
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

    def test_hole_in_cmd_sn(self):
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

    def test_same_command_twice(self):
        """Guards: a CmdSN that was taken is not taken again."""
        peer = self.session()
        raw = pdu(COMMAND, flags=FINAL, itt=0x200, ttt=0, cdb=TEST_UNIT_READY, w24=peer.cmd_sn)
        peer.send(raw + raw + raw)
        peer.cmd_sn += 1
        answers = [got for got in peer.ping() if got.itt == 0x200]
        self.assertLessEqual(len(answers), 1)
        self.assert_works(peer)

    def test_task_tag_that_is_in_use(self):
        """Guards: two tasks never share an Initiator Task Tag (11.2.1.8)."""
        peer = self.session()
        data = b"d" * 8192
        first = peer.start(write10(0, 16), write=data, immediate_bytes=0)
        r2t = peer.receive()
        try:
            peer.start(read10(0, 1), read=512, itt=first)
            got = peer.until(lambda got: got.opcode != NOP_IN, 5)[-1]
            self.assertEqual(got.opcode, REJECT)
            peer.send_data(r2t, data)
            self.assertTrue(peer.finish(first, data).good)
        except Closed:
            pass

    def test_logical_unit_numbers(self):
        """Guards: any eight bytes of LUN are looked up, never trusted."""
        peer = self.session()
        for lun in (b"\xff" * 8, b"\0\1" + bytes(6), b"\x40\0" + bytes(6), b"\xc1\1" + bytes(6),
                    b"\0\0\0\1" + bytes(4), random.randbytes(8)):
            result = peer.execute(read10(0, 1), read=512, lun=lun)
            if lun[:2] not in (b"\0\0", b"\x40\0"):
                self.assert_sense(result, 5, 0x25)
        self.assert_works(peer)

    # --- text, ping, logout ---

    def test_text_without_end(self):
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

    def test_text_without_data(self):
        """Guards: C without data, F without data: no null, no loop (CVE-2021-28361)."""
        for flags in (CONTINUE, FINAL, 0, FINAL | CONTINUE):
            peer = self.session()
            with contextlib.suppress(Closed):
                peer.send(pdu(TEXT, flags=flags, immediate=True, itt=0x301, w24=peer.cmd_sn))
                peer.ping()

    def test_text_with_a_tag_of_nobody(self):
        """Guards: a Target Transfer Tag is compared with ours; it is no pointer, nor an index, and
        a text under it is no part of ours."""
        for ttt in (0x41414141, 0, 0xFFFFFFFE):
            peer = self.session()
            peer.send(pdu(TEXT, immediate=True, itt=0x302, ttt=ttt, data=b"SendTargets=All\0",
                          w24=peer.cmd_sn))
            got = peer.until(lambda got: got.opcode in (TEXT_RESPONSE, REJECT), 5)[-1]
            self.assertEqual((got.opcode, got.header[2]), (REJECT, INVALID_FIELD))
            self.assert_works(peer)

    def test_many_keys_in_text(self):
        """Guards: unknown keys in full feature phase: bounded answer."""
        peer = self.session()
        with contextlib.suppress(Closed):
            peer.send(pdu(TEXT, immediate=True, itt=0x303, w24=peer.cmd_sn,
                          data=b"".join(b"k%d=v\0" % number for number in range(900))))
            got = peer.until(lambda got: got.opcode in (TEXT_RESPONSE, REJECT), 5)[-1]
            self.assertLessEqual(len(got.data), 8192)

    def test_ping_with_much_data(self):
        """Guards: an echo is cut to what the initiator takes (MaxRecvDataSegmentLength)."""
        peer = self.session(MaxRecvDataSegmentLength=512)
        size = min(peer.term("MaxRecvDataSegmentLength", 8192), 65536)
        echo = peer.ping(b"e" * size)[-1]
        self.assertEqual(echo.data, b"e" * 512)
        self.assert_works(peer)

    def test_pings_before_their_turn(self):
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

    def test_answers_to_pings_that_were_not_sent(self):
        """Guards: a NOP-Out with a Target Transfer Tag of nobody changes nothing."""
        peer = self.session()
        for tag in (1, 0x7FFFFFFF, 0xFFFFFFFE):
            peer.send(pdu(NOP_OUT, immediate=True, itt=NO_TAG, ttt=tag, w24=peer.cmd_sn))
        with contextlib.suppress(Closed):
            peer.ping()
            self.assert_works(peer)

    def test_logout_variants(self):
        """Guards: reason codes and CIDs of a Logout are held against the table (11.14)."""
        for reason in range(8):
            for cid in (0, 1, 0xFFFF):
                peer = self.session()
                with contextlib.suppress(Closed):
                    peer.send(pdu(LOGOUT, flags=FINAL | reason, immediate=True, itt=0x400,
                                  ttt=cid << 16, w24=peer.cmd_sn))
                    peer.until(lambda got: got.opcode != NOP_IN, 5)

    def test_too_many_immediate_commands(self):
        """Guards: immediate commands stand outside of the window and have a bound of their own."""
        peer = self.session()
        for number in range(500):
            peer.send(pdu(COMMAND, immediate=True, flags=FINAL | READ, itt=0x1000 + number,
                          ttt=512, cdb=read10(0, 1), w24=peer.cmd_sn))
        answered = 0
        while answered < 500:
            got = peer.receive()
            answered += got.opcode != NOP_IN
        self.assert_works(peer)

    def test_unknown_task_management_functions(self):
        """Guards: function codes are held against the table."""
        peer = self.session()
        target_cold_reset = 7
        for function in set(range(128)) - {target_cold_reset}:
            itt = peer.manage(function)
            got = peer.until(lambda got, itt=itt: got.itt == itt or got.opcode == REJECT)[-1]
            self.assertIn(got.opcode, (TASK_RESPONSE, REJECT))
        self.session()

    def test_a_cold_reset_is_answered_and_ends_every_session(self):
        """Guards: the answer is sent before the sessions of the target are closed."""
        peer, other = self.session(), self.session(isid=bytes([0x80, 0, 0, 0, 0, 2]))
        itt = peer.manage(7)
        self.assertEqual(peer.until(lambda got: got.itt == itt)[-1].opcode, TASK_RESPONSE)
        for one in (peer, other):
            with self.assertRaises(Closed):
                while True:
                    one.receive()
        self.session()

    # --- digests ---

    def test_broken_header_digest(self):
        """Guards: a header whose digest is wrong is not acted upon; the connection ends (ERL 0)."""
        peer = self.session(HeaderDigest="CRC32C")
        self.assertTrue(peer.header_digest)
        with self.counts("lungate_digest_errors_total", kind="header"):
            self.assert_closed_by(peer, pdu(NOP_OUT, immediate=True, itt=7, w24=peer.cmd_sn) +
                                  b"\0\1\2\3")

    def test_broken_data_digest(self):
        """Guards: data whose digest is wrong is never written."""
        peer = self.session(DataDigest="CRC32C")
        self.assertTrue(peer.data_digest)
        before = self.session().execute(read10(64, 1), read=512).data
        with self.counts("lungate_digest_errors_total", kind="data"), contextlib.suppress(Closed):
            peer.send(pdu(COMMAND, flags=FINAL | 0x20, itt=7, ttt=512, data=b"\xee" * 512,
                          cdb=write10(64, 1), w24=peer.cmd_sn) + b"\0\1\2\3")
            got = peer.until(lambda got: got.opcode in (REJECT, RESPONSE), 5)[-1]
            self.assertFalse(got.opcode == RESPONSE and got.header[3] == 0, "answered GOOD")
        self.assertEqual(self.session().execute(read10(64, 1), read=512).data, before)

    def test_digests_at_work(self):
        """Not a fault: with both digests everything still works."""
        peer = self.session(HeaderDigest="CRC32C", DataDigest="CRC32C")
        data = random.randbytes(3 * 512)
        self.assertTrue(peer.execute(write10(70, 3), write=data).good)
        self.assertEqual(peer.execute(read10(70, 3), read=len(data)).data, data)
        peer.logout()

    def test_discovery_session_may_not_do_more(self):
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
