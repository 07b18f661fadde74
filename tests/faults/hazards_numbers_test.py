#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hazards 12, 13, 22 and 30: numbers that wrap, tags that are taken, words at their ends
(RFC 7143, 4.2.2, 11.2.1.8, 11.16)."""

import contextlib
import struct

from fault_test import TARGET, FaultTest, main
from gateway import file_lun
from peer import (COMMAND, DATA_OUT, FINAL, INVALID_PDU_FIELD, LOGOUT, NO_TAG, NOP_IN, NOP_OUT,
                  R2T, READ, REJECT, RESPONSE, SNACK, SNACK_REJECT, TASK, TEST_UNIT_READY, TEXT,
                  TOO_MANY_IMMEDIATE_COMMANDS, WRITE, Closed, pdu, read10, write10)

SLOW = 1
WINDOW = 128  # [iscsi] command_window
IMMEDIATE_MAX = 16  # limits::kImmediateCommandsMax
WORDS = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


class Window(FaultTest):
    LUNS = [file_lun(0, "64MiB"), file_lun(SLOW, "4MiB", test_delay_ms=400)]

    def beginning_at(self, cmd_sn):
        peer = self.connect()
        peer.cmd_sn = cmd_sn
        peer.max_cmd_sn = 0
        return peer.login(TARGET).ready()

    def hazard_12_numbers_wrap(self):
        """Guards: CmdSN is compared modulo 2^32 (RFC 1982): commands run, in order, past its end,
        and what is outside of the window there is ignored as anywhere else."""
        for begin in (0xFFFFFFF0, 0x7FFFFFF0, 0xFFFFFFFF - WINDOW // 2):
            peer = self.beginning_at(begin)
            for _ in range(WINDOW):
                now = peer.cmd_sn
                for wrong in (now - 1, now - WINDOW, now + WINDOW, now + 0x7FFFFFFF,
                              now + 0x80000000):
                    peer.send(pdu(COMMAND, flags=FINAL, itt=0x7777, ttt=0, cdb=TEST_UNIT_READY,
                                  w24=wrong))
                itt = peer.start(TEST_UNIT_READY)
                seen = peer.until(lambda got, itt=itt: got.itt == itt)
                self.assertEqual([got.itt for got in seen], [itt])
                self.assertEqual(seen[0].u32(28), (now + 1) & 0xFFFFFFFF)  # ExpCmdSN
            self.assert_works(peer)

    def hazard_12_commands_around_the_end(self):
        """Guards: a hole at the end of the numbers holds what is behind it, beyond zero too."""
        peer = self.beginning_at(0xFFFFFFF8)
        first = peer.cmd_sn
        for number in range(1, 24):
            peer.send(pdu(COMMAND, flags=FINAL, itt=0x100 + number, ttt=0, cdb=TEST_UNIT_READY,
                          w24=first + number))
        self.assertEqual([got.opcode for got in peer.ping()], [NOP_IN])
        peer.send(pdu(COMMAND, flags=FINAL, itt=0x100, ttt=0, cdb=TEST_UNIT_READY, w24=first))
        order = [peer.until(lambda got: got.opcode == RESPONSE)[-1].itt for _ in range(24)]
        self.assertEqual(order, [0x100 + number for number in range(24)])
        peer.cmd_sn = first + 24
        self.assert_works(peer)

    def hazard_12_window_never_shrinks(self):
        """Guards: MaxCmdSN goes forward only, whatever is in progress, and no command of the
        window that it opens is refused (4.2.2.1)."""
        peer = self.session()
        maximum, answers = 0, {}
        for turn in range(3):
            mine = [peer.start(TEST_UNIT_READY if number % 2 else read10(number, 8),
                               read=0 if number % 2 else 4096, lun=SLOW if number % 8 == 0 else 0)
                    for number in range(WINDOW)]
            while set(mine) - set(answers):
                got = peer.receive()
                self.assertGreaterEqual(got.u32(32), maximum, f"turn {turn}")
                maximum = got.u32(32)
                self.assertLess(got.u32(32) - got.u32(28), WINDOW)
                if got.opcode == RESPONSE or got.flags & 1:
                    answers[got.itt] = got.header[3]
        self.assertEqual(set(answers.values()) - {0}, {2})  # the slow LUN's unit attention
        self.assertLessEqual(list(answers.values()).count(2), 1)

    def hazard_12_hole_that_stays(self):
        """Guards: who never sends what is missing gets no more than a window's worth held, its
        pings and its logout are answered all the same, and its end frees everything."""
        peer = self.session()
        first = peer.cmd_sn
        with self.memory_within(0):
            for turn in range(20):
                for number in range(1, 2 * WINDOW):
                    peer.send(pdu(COMMAND, flags=FINAL | WRITE, itt=0x1000 + 512 * turn + number,
                                  ttt=512, data=bytes(512), cdb=write10(0, 1),
                                  w24=first + number))
                seen = peer.ping()
                self.assertEqual({got.opcode for got in seen} - {REJECT}, {NOP_IN})
        peer.logout()

    def hazard_12_immediate_commands(self):
        """Guards: immediate commands stand outside of the window and have a bound of their own:
        one more is Reject 0x06 (11.17.1), and each of the others is done."""
        peer = self.session()
        peer.lun = SLOW
        peer.ready()
        tags = range(0x1000, 0x1000 + 3 * IMMEDIATE_MAX)
        for itt in tags:
            peer.send(pdu(COMMAND, immediate=True, flags=FINAL | READ, lun=SLOW, itt=itt, ttt=512,
                          cdb=read10(0, 1), w24=peer.cmd_sn))
        answers = [peer.until(lambda got: got.opcode != NOP_IN)[-1] for _ in tags]
        rejects = [got for got in answers if got.opcode == REJECT]
        self.assertEqual({got.reason for got in rejects}, {TOO_MANY_IMMEDIATE_COMMANDS})
        self.assertEqual(len(rejects), len(tags) - IMMEDIATE_MAX)
        self.assert_works(peer)

    # --- tags ---

    def hazard_13_reserved_task_tag(self):
        """Guards: 0xffffffff names no task, and its number is used up all the same (11.2.1.8)."""
        peer = self.session()
        peer.start(TEST_UNIT_READY, itt=NO_TAG)
        got = peer.until(lambda got: got.opcode != NOP_IN, 5)[-1]
        self.assertEqual((got.opcode, got.reason), (REJECT, INVALID_PDU_FIELD))
        self.assert_works(peer)

    def hazard_13_transfer_tags_that_are_no_index(self):
        """Guards: a transfer tag is looked up in its own task: neither near ones, nor those of
        other tasks or of answered ones, fit."""
        peer = self.session(ImmediateData="No")
        data = b"t" * 4096
        done = peer.start(write10(0, 8), write=data)
        old = peer.until(lambda got: got.opcode == R2T)[-1]
        peer.send_data(old, data)
        self.assertTrue(peer.finish(done, data).good)
        other = peer.start(write10(8, 8), write=data)
        others = peer.until(lambda got: got.opcode == R2T)[-1].ttt
        for wrong in (old.ttt, others, NO_TAG, 0, 0xFFFFFFFE):
            itt = peer.start(write10(16, 8), write=data)
            r2t = peer.until(lambda got, itt=itt: got.opcode == R2T and got.itt == itt)[-1]
            peer.send(pdu(DATA_OUT, itt=itt, ttt=wrong, data=b"w" * 4096, offset=0, w36=0))
            peer.send(pdu(DATA_OUT, itt=itt, ttt=r2t.ttt ^ 0x80, data=data, offset=0, w36=0))
            peer.send_data(r2t, data)
            self.assertFalse(peer.finish(itt, data).good, hex(wrong))
        self.assertNotIn(b"w", peer.execute(read10(16, 8), read=4096).data)
        peer.send(pdu(DATA_OUT, itt=other, ttt=others, data=data, offset=0, w36=0))
        self.assertTrue(peer.finish(other).good)

    # --- what is acknowledged ---

    def hazard_22_snack(self):
        """Guards: SNACK of every kind under ErrorRecoveryLevel 0 is Reject 0x03 (11.16)."""
        peer = self.session()
        for kind in (*range(4), 15):
            for begin, run in ((0, 0), (0, 0xFFFFFFFF), (0xFFFFFFFF, 1)):
                for ttt in (NO_TAG, 0, 1):
                    peer.send(pdu(SNACK, flags=FINAL | kind, itt=NO_TAG, ttt=ttt,
                                  w28=peer.exp_stat_sn, w40=begin, w44=run))
                    got = peer.receive(5)
                    self.assertEqual((got.opcode, got.reason), (REJECT, SNACK_REJECT))
        self.assert_works(peer)

    def hazard_22_acknowledgements_of_what_was_not_sent(self):
        """Guards: an ExpStatSN ahead of StatSN, or far behind it, frees nothing and resends
        nothing: StatSN goes on by one."""
        peer = self.session()
        expected = peer.exp_stat_sn
        for wrong in (expected + 1000, expected + 0x7FFFFFFF, expected - 1000, 0, 0xFFFFFFFF):
            peer.send(pdu(NOP_OUT, immediate=True, itt=NO_TAG, w24=peer.cmd_sn, w28=wrong))
            itt = peer.new_itt()
            peer.send(pdu(COMMAND, flags=FINAL | READ, itt=itt, ttt=512, cdb=read10(0, 1),
                          w24=peer.cmd_sn, w28=wrong))
            peer.cmd_sn += 1
            got = peer.receive(5)
            self.assertEqual((got.itt, got.u32(24)), (itt, expected))
            expected += 1


class Words(FaultTest):
    def hazard_30_words_at_their_ends(self):
        """Guards: each word of a header, at each end of its range, costs the peer its connection
        or a refusal: no sum of them wraps, none is an index (the sanitizers look on)."""
        for opcode in (COMMAND, DATA_OUT, NOP_OUT, TASK, TEXT, LOGOUT, SNACK):
            for where in (8, 12, 16, 20, 24, 28, 32, 36, 40, 44):
                for value in WORDS:
                    with self.subTest(opcode=opcode, where=where, value=hex(value)):
                        peer = self.session(ImmediateData="No")
                        with contextlib.suppress(Closed):
                            self.send_word(peer, opcode, where, value)
                            peer.ping(timeout=5)
                        peer.close()

    def send_word(self, peer, opcode, where, value):
        """While a write waits for its data, which is whom Data-Out is for."""
        itt = peer.start(write10(8, 8), write=bytes(4096))
        r2t = peer.until(lambda got: got.opcode == R2T)[-1]
        is_data = opcode == DATA_OUT
        raw = bytearray(pdu(opcode, flags=FINAL | {COMMAND: WRITE, TASK: 1}.get(opcode, 0),
                            itt=itt if is_data else peer.new_itt(),
                            ttt=r2t.ttt if is_data else NO_TAG,
                            cdb=bytes(16) if is_data else write10(0, 8), w24=peer.cmd_sn))
        struct.pack_into(">I", raw, where, value)
        peer.send(bytes(raw))


if __name__ == "__main__":
    main()
