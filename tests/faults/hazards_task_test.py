#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hazards 11, 15, 16 and 17: memory of commands, R2Ts, and everything that takes commands back
while they wait for data or for the disk (RFC 7143, 4.2.3, 11.5, 11.8)."""

import contextlib
import random
import threading

from fault_test import MIB, TARGET, Closed, FaultTest, main
from gateway import file_lun, wait_until
from peer import (ABORT_TASK, ABORT_TASK_SET, CLEAR_TASK_SET, COMMAND, DATA_OUT, FINAL,
                  FUNCTION_COMPLETE, LOGOUT, LUN_DOES_NOT_EXIST, LUN_RESET, NOP_IN, R2T, READ,
                  RESPONSE, TARGET_WARM_RESET, TASK_ABORTED, TASK_DOES_NOT_EXIST, TASK_RESPONSE,
                  TASK_SET_FULL, TEST_UNIT_READY, pdu, read10, write10)
from reserve_out import REGISTER, parameters, reserve_out

SLOW, DELAY = 1, 0.4
RESERVE_6 = b"\x16" + bytes(5)
RESERVATION_CONFLICT = 0x18


class Tasks(FaultTest):
    LUNS = [file_lun(0, "64MiB"), file_lun(SLOW, "64MiB", test_delay_ms=int(DELAY * 1000))]

    def slow_session(self, **more):
        peer = self.session(**more)
        peer.lun = SLOW
        return peer.ready()

    def answer(self, peer, itt):
        return peer.until(lambda got: got.opcode == TASK_RESPONSE and got.itt == itt)

    def wait_idle(self):
        wait_until("nothing is in flight", 15,
                   lambda: self.gateway.metric("lungate_lun_inflight_ops") == 0)


class Transfers(Tasks):
    def hazard_15_memory_of_a_connection(self):
        """Guards: what commands ask for is counted when they come: beyond 64 MiB for one peer the
        answer is TASK SET FULL, and those that were taken still work."""
        peer = self.session(ImmediateData="No", MaxBurstLength=MIB)
        answers, r2ts = [], {}
        with self.memory_within(32 * MIB):
            tags = [peer.start(write10(0, 2048), write=bytes(MIB)) for _ in range(100)]
            for got in peer.ping():
                if got.opcode == R2T:
                    r2ts[got.itt] = got
                if got.opcode == RESPONSE:
                    answers.append(got.header[3])
        self.assertEqual(set(answers), {TASK_SET_FULL})
        self.assertEqual((len(answers), len(r2ts)), (36, 64))
        peer.send_data(r2ts[tags[0]], bytes(MIB))
        self.assertTrue(peer.finish(tags[0], bytes(MIB)).good)
        self.assert_works(peer)

    def hazard_16_what_is_asked_for(self):
        """Guards: R2Ts are as many as MaxOutstandingR2T, as long as MaxBurstLength at most, number
        from 0 by 1, and cover the write once and in order (11.8)."""
        size = 96 * 512
        for outstanding, burst in ((1, 8192), (3, 4096), (8, 1024)):
            peer = self.session(ImmediateData="No", MaxOutstandingR2T=outstanding,
                                MaxBurstLength=burst, FirstBurstLength=512)
            data = random.randbytes(size)
            itt = peer.start(write10(64, 96), write=data)
            asked, wanted, number = [], 0, 0
            while wanted < size or asked:
                for got in peer.ping()[:-1]:
                    self.assertEqual((got.opcode, got.itt), (R2T, itt))
                    self.assertEqual((got.u32(36), got.u32(40)), (number, wanted))
                    self.assertLessEqual(got.u32(44), burst)
                    wanted, number = wanted + got.u32(44), number + 1
                    asked.append(got)
                self.assertLessEqual(len(asked), outstanding)
                self.assertTrue(len(asked) == outstanding or wanted == size)
                peer.send_data(asked.pop(0), data)
            self.assertTrue(peer.finish(itt).good)
            self.assertEqual(peer.execute(read10(64, 96), read=size).data, data)

    def hazard_16_late_data_of_an_aborted_task(self):
        """Guards: what is asked for and then taken back may still come, whole, in part, or under a
        tag that is somebody else's by now: it is dropped, and no other task sees it."""
        peer = self.session(ImmediateData="No")
        for part in (8192, 512, 0):
            itt = peer.start(write10(0, 16), write=b"a" * 8192)
            r2t = peer.until(lambda got: got.opcode == R2T)[-1]
            done = self.answer(peer, peer.manage(ABORT_TASK, ref_itt=itt,
                                                 ref_cmd_sn=peer.cmd_sn - 1))[-1]
            self.assertEqual(done.header[2], FUNCTION_COMPLETE)
            peer.start(write10(0, 16), write=b"n" * 8192, itt=itt)  # the same task tag
            now = peer.until(lambda got: got.opcode == R2T)[-1]
            self.assertNotEqual(now.ttt, r2t.ttt)
            if part:
                peer.send(pdu(DATA_OUT, itt=itt, ttt=r2t.ttt, data=b"a" * part, offset=0, w36=0))
                self.assertFalse(peer.finish(itt, b"n" * 8192).good)
            else:
                peer.send_data(now, b"n" * 8192)
                self.assertTrue(peer.finish(itt).good)
            self.assertNotIn(b"a", peer.execute(read10(0, 16), read=8192).data)


class Management(Tasks):
    def hazard_17_command_that_has_not_arrived(self):
        """Guards: to abort what is yet to come is to complete, and then it never runs; what has
        passed is "no such task" (11.5.5, 11.6.1)."""
        peer = self.session()
        missing = peer.cmd_sn
        peer.cmd_sn += 1
        itt = peer.new_itt()
        done = self.answer(peer, peer.manage(ABORT_TASK, ref_itt=itt, ref_cmd_sn=missing))[-1]
        self.assertEqual(done.header[2], FUNCTION_COMPLETE)
        peer.send(pdu(COMMAND, flags=FINAL | 0x20, itt=itt, ttt=512, data=b"!" * 512,
                      cdb=write10(3000, 1), w24=missing))
        self.assertEqual(len(peer.ping()), 1)
        self.assertEqual(peer.execute(read10(3000, 1), read=512).data, bytes(512))
        for passed in (missing, missing - 1, peer.cmd_sn - 1):
            done = self.answer(peer, peer.manage(ABORT_TASK, ref_itt=itt, ref_cmd_sn=passed))[-1]
            self.assertEqual(done.header[2], TASK_DOES_NOT_EXIST)
        ahead = self.answer(peer, peer.manage(ABORT_TASK, ref_itt=itt,
                                              ref_cmd_sn=peer.cmd_sn + 500))[-1]
        self.assertEqual(ahead.header[2], TASK_DOES_NOT_EXIST)

    def hazard_17_command_that_waits_for_its_turn(self):
        """Guards: a command behind a hole can be aborted; its number passes, it does not run."""
        peer = self.session()
        hole = peer.cmd_sn
        peer.cmd_sn += 1
        itt = peer.start(write10(3100, 1), write=b"!" * 512)
        done = self.answer(peer, peer.manage(ABORT_TASK, ref_itt=itt, ref_cmd_sn=hole + 1))[-1]
        self.assertEqual(done.header[2], FUNCTION_COMPLETE)
        later = peer.start(TEST_UNIT_READY)
        peer.send(pdu(COMMAND, flags=FINAL, itt=0x900, ttt=0, cdb=TEST_UNIT_READY, w24=hole))
        seen = peer.until(lambda got: got.itt == later)
        self.assertEqual([got.itt for got in seen], [0x900, later])
        self.assertEqual(peer.execute(read10(3100, 1), read=512).data, bytes(512))

    def hazard_17_wrong_units_and_tags(self):
        """Guards: a LUN that is not there is response 2, a task of another LUN response 1, what is
        not built 5, what no RFC knows 255 (11.6.1)."""
        peer = self.slow_session()
        itt = peer.start(read10(0, 1), read=512)
        cases = [(function, {"lun": lun}, LUN_DOES_NOT_EXIST) for lun in (77, b"\xff" * 8)
                 for function in (ABORT_TASK_SET, CLEAR_TASK_SET, LUN_RESET)]
        cases += [(ABORT_TASK, {"ref_itt": itt, "lun": 0}, TASK_DOES_NOT_EXIST), (3, {}, 5),
                  (8, {"ref_itt": itt}, 4), (9, {"ref_itt": itt}, 5), (13, {}, 255), (0, {}, 255)]
        for function, more, response in cases:
            with self.subTest(function=function, **more):
                seen = self.answer(peer, peer.manage(function, ref_cmd_sn=peer.cmd_sn - 1, **more))
                self.assertEqual(seen[-1].header[2], response)
                self.assertFalse([got for got in seen if got.itt == itt])
        self.assertTrue(peer.finish(itt).good)

    def hazard_17_management_while_another_is_pending(self):
        """Guards: resets and aborts of several sessions at once: each is answered, once, after
        the I/O that it waits for; beyond their bound they are rejected."""
        peers = [self.slow_session() for _ in range(3)]
        for peer in peers:
            for number in range(4):
                peer.start(write10(8 * number, 8), write=b"m" * 4096)
            peer.ping()
        functions = (LUN_RESET, ABORT_TASK_SET, CLEAR_TASK_SET, TARGET_WARM_RESET) * 5
        asked = [[peer.manage(function) for function in functions] for peer in peers]
        for peer, tags in zip(peers, asked):
            answers = {}
            while set(answers) != set(tags):
                got = peer.until(lambda got: got.opcode == TASK_RESPONSE)[-1]
                self.assertNotIn(got.itt, answers)
                answers[got.itt] = got.header[2]
            self.assertEqual(set(answers.values()), {FUNCTION_COMPLETE, 255})
            self.assertLessEqual(list(answers.values()).count(FUNCTION_COMPLETE), 16)
        self.wait_idle()
        for peer in peers:
            self.assert_works(peer.ready())

    def hazard_17_other_nexuses_are_told(self):
        """Guards: whose commands were taken away is told so for each (TASK ABORTED, TAS=1), and of
        a reset by BUS DEVICE RESET; an abort is nobody else's business (SAM-5, 5.6 and 5.14)."""
        for function, told in ((CLEAR_TASK_SET, None), (LUN_RESET, (6, 0x29, 3)),
                               (TARGET_WARM_RESET, (6, 0x29, 3)), (ABORT_TASK_SET, None)):
            peer, other = self.slow_session(), self.slow_session()
            lost = other.start(read10(0, 1), read=512)
            other.ping()
            self.answer(peer, peer.manage(function))
            if function == ABORT_TASK_SET:
                self.assertTrue(other.finish(lost).good)
            else:
                self.assertEqual(other.finish(lost).status, TASK_ABORTED)
            if told is not None:
                self.assert_sense(other.execute(TEST_UNIT_READY), *told)
            self.assertTrue(other.execute(TEST_UNIT_READY).good)


class Endings(Tasks):
    def hazard_11_what_ends_with_a_nexus(self):
        """Guards: who comes back is a new nexus: it is told so, RESERVE is gone with the old one,
        a registration stays (SAM-5, 6.3.4; SPC-4, 5.13)."""
        old, other = self.session(), self.session()
        self.assertTrue(old.execute(reserve_out(REGISTER), write=parameters(new=7)).good)
        new = self.connect(isid=old.isid).login(TARGET)
        self.assert_closed(old)
        told = new.execute(TEST_UNIT_READY)
        self.assertEqual((told.status, told.sense_code[:2]), (2, (6, 0x29)))
        new.ready()
        keys = new.execute(bytes((0x5E, 0, 0, 0, 0, 0, 0, 0, 255, 0)), read=255).data
        self.assertEqual(keys[8:], b"\0" * 7 + b"\7")
        self.assertTrue(new.execute(reserve_out(REGISTER), write=parameters(7)).good)
        self.assertTrue(new.execute(RESERVE_6).good)
        self.assertEqual(other.execute(TEST_UNIT_READY).status, RESERVATION_CONFLICT)
        again = self.connect(isid=new.isid).login(TARGET)
        self.assertTrue(other.execute(TEST_UNIT_READY).good)
        again.ready()

    def regression_lio_endings_while_writes_wait_for_data(self):
        """Guards: abort, reset, logout, reinstatement and death of a session whose writes wait for
        Data-Out, beside one whose I/O is at the disk (hazards 16 and 17; LIO: "hang for aborted
        WRITE_PENDING", "cmd abort fabric stop race", LUN_RESET against close)."""
        endings = (lambda peer: peer.manage(ABORT_TASK_SET), lambda peer: peer.manage(LUN_RESET),
                   lambda peer: peer.manage(TARGET_WARM_RESET),
                   lambda peer: peer.manage(CLEAR_TASK_SET),
                   lambda peer: peer.send(pdu(LOGOUT, flags=FINAL, immediate=True, itt=1, ttt=0,
                                              w24=peer.cmd_sn)),
                   lambda peer: self.connect(isid=peer.isid).login(TARGET),
                   lambda peer: peer.close(), lambda peer: peer.reset())
        for first in endings:
            for second in endings:
                peer = self.session(ImmediateData="No")
                r2ts = []
                for lun in (0, SLOW, 0, SLOW):
                    peer.start(write10(64 * lun, 8), write=bytes(4096), lun=lun)
                    peer.start(read10(8, 8), read=4096, lun=lun)
                with contextlib.suppress(Closed, OSError):
                    r2ts = [got for got in peer.ping() if got.opcode == R2T]
                    first(peer)
                    for r2t in r2ts[:1]:
                        peer.send_data(r2t, bytes(4096))
                    second(peer)
                    peer.ping(timeout=0.02)
        self.wait_idle()

    def regression_cve_2026_23216_session_against_connection(self):
        """Guards: logins, logouts, resets and deaths of one initiator port from several threads:
        no count is given back twice, nothing is used after its end (LIO: usage counts)."""
        isid = self.session().isid

        def churn(seed):
            dice = random.Random(seed)
            for _ in range(40):
                with contextlib.suppress(Closed, OSError, TimeoutError):
                    peer = self.connect(isid=isid, timeout=5).login(TARGET)
                    peer.start(write10(0, 8), write=bytes(4096), lun=dice.choice((0, SLOW)))
                    dice.choice((lambda: peer.manage(LUN_RESET), lambda: peer.start(
                        read10(0, 8), read=4096), lambda: None))()
                    dice.choice((peer.logout, peer.close, peer.reset))()

        threads = [threading.Thread(target=churn, args=(self.seed + number,))
                   for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.wait_idle()
        self.assert_works(self.connect(isid=isid).login(TARGET).ready())

    def regression_spdk_2958_end_in_mid_negotiation(self):
        """Guards: a connection that goes while its parameters change, at each byte of the way."""
        whole = self.connect()
        raw = whole.login_pdu(b"InitiatorName=iqn.2026-11.io.lungate:gone\0TargetName=" +
                              TARGET.encode() + b"\0HeaderDigest=CRC32C\0", flags=FINAL | 4 | 3)
        for cut in range(1, len(raw) + 48, 7):
            peer = self.connect()
            with contextlib.suppress(Closed):
                peer.send((raw + bytes(48))[:cut])
            peer.reset()

    def hazard_30_work_that_outlives_its_session(self):
        """Guards: what a store answers after its session has gone is put away, many at a time."""
        for _ in range(3):
            peers = [self.slow_session() for _ in range(8)]
            for number, peer in enumerate(peers):
                for lba in range(0, 64, 8):
                    peer.start(write10(lba, 8), write=bytes(4096))
                    peer.start(read10(lba, 8), read=4096, flags=FINAL | READ)
                self.assertEqual(peer.ping()[-1].opcode, NOP_IN)
                (peer.reset if number % 2 else peer.close)()
        self.wait_idle()


if __name__ == "__main__":
    main()
