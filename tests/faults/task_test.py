#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tasks whose initiator takes them back, goes away, or is somebody else by now."""

import contextlib
import random
import time

from fault_test import TARGET, FaultTest, main
from gateway import file_lun, wait_until
from peer import (ABORT_TASK, ABORT_TASK_SET, FUNCTION_COMPLETE, LOGOUT, LOGOUT_RESPONSE,
                  LUN_RESET, R2T, REJECT, RESPONSE, TASK_DOES_NOT_EXIST, TASK_RESPONSE,
                  TEST_UNIT_READY, Closed, keys, pdu, read10, write10, COMMAND, FINAL, WRITE)

SLOWER, SLOW = 1, 2  # the LUNs whose disks take their time
DELAY = 0.7
LONG_DELAY = 6  # what happens meanwhile, beside a busy machine's other work, takes a second


class Tasks(FaultTest):
    LUNS = [file_lun(0, "64MiB"),
            file_lun(SLOWER, "64MiB", test_delay_ms=LONG_DELAY * 1000),
            file_lun(SLOW, "64MiB", test_delay_ms=int(DELAY * 1000))]

    def slow_session(self, lun=SLOW, **more):
        peer = self.session(**more)
        peer.lun = lun
        return peer.ready()

    def wait_in_flight(self, lun):
        wait_until("it is with the disk", 15,
                   lambda: self.gateway.metric("lungate_lun_inflight_ops", lun=str(lun)) > 0)

    def wait_idle(self):
        wait_until("nothing is in flight", 15,
                   lambda: self.gateway.metric("lungate_lun_inflight_ops") == 0)

    def answer(self, peer, itt):
        """Everything up to the answer to a task management request; that one is last."""
        return peer.until(lambda got: got.opcode == TASK_RESPONSE and got.itt == itt)

    # --- taken back ---

    def hazard_16_abort_with_r2t_outstanding(self):
        """Guards: a task that waits for data can be aborted, and late data does no harm."""
        peer = self.session(ImmediateData="No")
        data = b"a" * 8192
        with self.counts("lungate_lun_tmf_total", function="abort_task"):
            itt = peer.start(write10(0, 16), write=data)
            r2t = peer.until(lambda got: got.opcode == R2T)[-1]
            seen = self.answer(peer, peer.manage(ABORT_TASK, ref_itt=itt,
                                                 ref_cmd_sn=peer.cmd_sn - 1))
        self.assertEqual(seen[-1].header[2], FUNCTION_COMPLETE)
        peer.send_data(r2t, data)  # it was on its way
        seen = peer.ping()
        self.assertFalse([got for got in seen if got.itt == itt], "an aborted task was answered")
        self.assert_works(peer)

    def hazard_17_abort_waits_for_the_disk(self):
        """Guards: an aborted command is absorbed: the answer comes after its I/O, never before."""
        peer = self.slow_session()
        begin = time.monotonic()
        itt = peer.start(write10(0, 8), write=b"b" * 4096)
        seen = self.answer(peer, peer.manage(ABORT_TASK, ref_itt=itt, ref_cmd_sn=peer.cmd_sn - 1))
        self.assertGreater(time.monotonic() - begin, DELAY * 0.9)
        answered = [got for got in seen if got.itt == itt and got.opcode == RESPONSE]
        self.assertIn(seen[-1].header[2],
                      (TASK_DOES_NOT_EXIST,) if answered else (FUNCTION_COMPLETE,))
        self.wait_idle()
        self.assertFalse([got for got in peer.ping() if got.itt == itt])

    def hazard_17_abort_task_set(self):
        """Guards: only this session's tasks on this LUN end, and all of them before the answer."""
        peer, other = self.slow_session(), self.slow_session()
        mine = [peer.start(read10(number, 1), read=512) for number in range(8)]
        kept = other.start(read10(0, 1), read=512)
        done = self.answer(peer, peer.manage(ABORT_TASK_SET))[-1]
        if done.header[2] == FUNCTION_COMPLETE:
            self.assertFalse([got for got in peer.ping() if got.itt in mine])
        self.assertTrue(other.finish(kept).good)
        self.wait_idle()

    def hazard_17_abort_of_nothing(self):
        """Guards: an unknown tag is "no such task", and the session lives."""
        peer = self.session()
        for tag in (0x9999, 0, 0xFFFFFFFF):
            got = self.answer(peer, peer.manage(ABORT_TASK, ref_itt=tag))[-1]
            self.assertNotEqual(got.header[2], FUNCTION_COMPLETE)
        self.assert_works(peer)

    def hazard_17_abort_flood(self):
        """Guards: a task aborted many times over: each request gets one answer."""
        peer = self.slow_session()
        itt = peer.start(write10(0, 8), write=b"c" * 4096)
        asked = {peer.manage(ABORT_TASK, ref_itt=itt, ref_cmd_sn=peer.cmd_sn - 1)
                 for _ in range(12)}
        while asked:
            got = peer.receive()
            asked.discard(got.itt)
        self.assert_works(peer)

    def hazard_17_reset_with_io_outstanding(self):
        """Guards: LUN RESET waits for the tasks of all sessions, and every other nexus is told."""
        peer, other = self.slow_session(), self.slow_session()
        begin = time.monotonic()
        for number in range(8):
            peer.start(write10(number * 8, 8), write=b"d" * 4096)
            other.start(read10(number, 1), read=512)
        with contextlib.suppress(TimeoutError):
            other.receive(DELAY / 4)  # they have arrived
        with self.counts("lungate_lun_tmf_total", function="lun_reset"):
            done = self.answer(peer, peer.manage(LUN_RESET))[-1]
        self.assertEqual(done.header[2], FUNCTION_COMPLETE)
        self.assertGreater(time.monotonic() - begin, DELAY * 0.9)
        self.wait_idle()
        told = other.execute(TEST_UNIT_READY)
        self.assertEqual((told.status, told.sense_code[:2]), (2, (6, 0x29)))
        self.assertTrue(other.execute(read10(0, 1), read=512).good)
        self.assert_works(peer.ready())

    def hazard_16_reset_with_r2t_outstanding(self):
        """Guards: a reset does not wait for data that may never come."""
        peer = self.session(ImmediateData="No")
        other = self.session()
        itt = peer.start(write10(0, 16), write=b"e" * 8192)
        peer.until(lambda got: got.opcode == R2T)
        done = self.answer(other, other.manage(LUN_RESET))[-1]
        self.assertEqual(done.header[2], FUNCTION_COMPLETE)
        self.assertFalse([got for got in peer.ping()
                          if got.itt == itt and got.opcode == RESPONSE and not got.header[3]])

    # --- gone away ---

    def test_initiator_killed_in_mid_write(self):
        """Guards: tasks of a dead connection that wait for data are dropped, nothing leaks."""
        for _ in range(20):
            peer = self.session(ImmediateData="No")
            for number in range(8):
                peer.start(write10(number * 64, 64), write=bytes(32768))
            r2t = peer.until(lambda got: got.opcode == R2T)[-1]
            peer.send(pdu(5, flags=0, itt=r2t.itt, ttt=r2t.ttt, data=b"f" * 1024, offset=0)[:700])
            peer.reset()
        self.wait_idle()

    def hazard_30_initiator_killed_with_io_at_the_disk(self):
        """Guards: tasks that are with the backend are absorbed; their buffers live until then."""
        with self.counts("lungate_lun_aborted_commands_total", at_least=32):
            for _ in range(4):
                peer = self.slow_session()
                for number in range(16):
                    peer.start(write10(number * 8, 8), write=random.randbytes(4096))
                    peer.start(read10(number * 8, 8), read=4096)
                peer.ping()
                peer.reset()
            self.wait_idle()

    def test_unfinished_command_of_a_dead_initiator_is_not_executed(self):
        """Guards: a write whose data is not whole when its connection dies changes nothing."""
        reader = self.session()
        before = reader.execute(read10(512, 8), read=4096).data
        peer = self.session()
        raw = pdu(COMMAND, flags=FINAL | WRITE, itt=1, ttt=4096, data=b"\xdd" * 4096,
                  cdb=write10(512, 8), w24=peer.cmd_sn)
        peer.send(raw[:-1])
        peer.reset()
        self.wait_idle()
        self.assertEqual(reader.execute(read10(512, 8), read=4096).data, before)

    # --- without being asked ---

    def reload(self, text):
        with open(self.gateway.config, "w", encoding="utf-8") as config:
            config.write(text)
        reply = self.gateway.control("reload")
        self.assertEqual(reply["reply"], "reloaded", reply)

    def test_commands_of_a_removed_lun_are_answered(self):
        """Guards: nobody asked for their abort, so each is answered as its I/O ends, and one that
        still waits for data by LOGICAL UNIT NOT SUPPORTED; no initiator waits for its time-out."""
        peer = self.slow_session(ImmediateData="No")
        data = b"r" * 8192
        reads = [peer.start(read10(number * 8, 8), read=4096) for number in range(4)]
        waiting = peer.start(write10(64, 16), write=data)
        r2t = peer.until(lambda got: got.opcode == R2T)[-1]
        with open(self.gateway.config, encoding="utf-8") as config:
            text = config.read()
        try:
            self.reload(text.rsplit("[[target.lun]]", 1)[0])  # the slow one is the last
            ended = set()  # in whatever order the disk had
            while ended != set(reads):
                ended.add(peer.until(lambda got: got.itt in reads)[-1].itt)
            peer.send_data(r2t, data)
            self.assert_sense(peer.finish(waiting), 5, 0x25)
            self.assert_sense(peer.execute(TEST_UNIT_READY), 5, 0x25)
        finally:
            self.reload(text)

    def hazard_20_logout_flood_while_io_hangs(self):
        """Guards: one logout waits for I/O at a time; the others are rejected, not remembered."""
        peer = self.slow_session()
        peer.start(write10(0, 8), write=b"l" * 4096)
        first = peer.new_itt()
        with self.counts("lungate_rejects_total", 300, reason="waiting_for_logout"):
            for number in range(301):
                peer.send(pdu(LOGOUT, flags=FINAL, immediate=True, itt=first + number, ttt=0,
                              w24=peer.cmd_sn))
            seen = peer.until(lambda got: got.opcode == LOGOUT_RESPONSE)
        self.assertEqual(seen[-1].itt, first)
        self.assertEqual(sum(got.opcode == REJECT for got in seen), 300)
        self.assert_closed(peer)

    # --- somebody else ---

    def test_one_login_waits_for_an_old_session(self):
        """Guards: of the logins that wait for a port's old session one stays (registry_test: the
        newest); who connects and goes in a loop while I/O hangs fills no memory and holds no
        connection."""
        old = self.slow_session(SLOWER)
        old.start(write10(0, 8), write=b"o" * 4096)
        self.wait_in_flight(SLOWER)
        with self.counts("lungate_connections_accepted_total", 30):
            for _ in range(30):
                self.ask_for_login(old.isid).reset()
        wait_until("only the old session is connected", 10,
                   lambda: self.gateway.metric("lungate_connections") == 1)
        pair = [self.ask_for_login(old.isid) for _ in range(2)]
        answers = [peer.receive().header[36:38] for peer in pair]
        self.assertEqual(sorted(answers), [b"\0\0", b"\3\2"], "one of them: out of resources")
        self.assert_works(self.connect(isid=old.isid).login(TARGET).ready())

    def ask_for_login(self, isid):
        """In one PDU, whose answer is not waited for."""
        peer = self.connect(isid=isid)
        peer.send(peer.login_pdu(keys(**peer.login_keys(TARGET, AuthMethod=None))))
        return peer

    def hazard_11_reinstatement_with_io_outstanding(self):
        """Guards: an initiator port logs in again: its old session ends, its tasks with it."""
        old = self.slow_session()
        for number in range(8):
            old.start(write10(number * 8, 8), write=b"g" * 4096)
        with contextlib.suppress(TimeoutError):
            old.receive(DELAY / 4)
        with self.counts("lungate_session_closes_total", reason="reinstated"):
            new = self.connect(isid=old.isid).login(TARGET)
            self.assert_closed(old, within=DELAY + 5)
        self.assert_works(new.ready())
        self.wait_idle()

    def regression_cve_2026_23193_reinstatement_storm(self):
        """Guards: teardown and login of one initiator port race without harm (hazard 11)."""
        isid = self.session().isid
        for _ in range(60):
            with contextlib.suppress(Closed):
                peer = self.connect(isid=isid).login(TARGET)
                peer.start(read10(0, 8), read=4096)
        self.assert_works(self.connect(isid=isid).login(TARGET).ready())


if __name__ == "__main__":
    main()
