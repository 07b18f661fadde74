#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hazards 10, 18, 19 and 20: descriptors, pings, text and logout of a session (RFC 7143, 11.10,
11.14, 11.18, appendix C)."""

import contextlib
import os
import resource
import socket
import time

from fault_test import TARGET, Closed, FaultTest, main
from gateway import file_lun, wait_until
from peer import (CONTINUE, FINAL, INVALID_PDU_FIELD, LOGOUT, LOGOUT_RESPONSE, NO_TAG, NOP_IN,
                  NOP_OUT, REJECT, TEXT, TEXT_RESPONSE, pdu, read10,
                  write10)

SLOW, DELAY = 1, 0.5
ACCEPT_RETRY = 0.1  # seconds, limits::kAcceptRetryDelay
MANY = 100
MORE = "".join(f'\n[[target]]\niqn = "{TARGET}-{number:03}"\n' for number in range(MANY)) + f"""
[[target]]
iqn = "{TARGET}-hidden"
initiator = [{{ iqn = "iqn.2026-11.io.lungate:somebody-else" }}]
"""


class Descriptors(FaultTest):
    def refused(self):
        return self.gateway.metric("lungate_connections_refused_total")

    def hazard_10_out_of_descriptors(self):
        """Guards: a process that is out of descriptors waits a while before it accepts again,
        instead of turning on the spot; who is in is served, and who waits is when there are
        some."""
        inside = self.session()
        soft, hard = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        used = max(int(number) for number in os.listdir(f"/proc/{self.pid}/fd"))
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (used + 1, hard))
        try:
            waiting = [self.connect() for _ in range(20)]
            wait_until("accept() fails", 10,
                       lambda: b"accept_failed" in self.gateway.server.log_text())
            begin, tried = time.monotonic(), self.refused()
            for _ in range(20):
                self.assert_works(inside)
                self.assertFalse(waiting[-1].wait_closed(0.05))
            most = 2 + (time.monotonic() - begin) / ACCEPT_RETRY
            self.assertLessEqual(self.refused() - tried, most, "it turns on the spot")
        finally:
            resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (soft, hard))
        for peer in waiting:
            self.assert_works(peer.login(TARGET).ready())
            peer.logout()


class Pings(FaultTest):
    def hazard_18_pings_without_a_tag(self):
        """Guards: a NOP-Out without a task tag is never answered, with data or without, immediate
        or not, and uses up no CmdSN (11.18.1)."""
        peer = self.session()
        for immediate in (True, False):
            for data in (b"", b"x" * 512):
                for ttt in (NO_TAG, 0x12345678):
                    peer.send(pdu(NOP_OUT, immediate=immediate, itt=NO_TAG, ttt=ttt, data=data,
                                  w24=peer.cmd_sn))
        self.assertEqual(len(peer.ping()), 1)
        self.assert_works(peer)

    def hazard_18_pings_with_more_data_than_the_peer_takes(self):
        """Guards: an echo is cut to the initiator's MaxRecvDataSegmentLength (11.18.2, 11.19)."""
        peer = self.session(MaxRecvDataSegmentLength=512)
        data = bytes(range(256)) * 16
        for size in (511, 512, 513, 4096):
            self.assertEqual(peer.ping(data[:size])[-1].data, data[:min(size, 512)])


class TextRequests(FaultTest):
    MORE = MORE

    def ask(self, peer, data, **more):
        """One text request; what is answered."""
        options = {"ttt": NO_TAG, "flags": FINAL, **more}
        peer.send(pdu(TEXT, immediate=True, itt=0x500, data=data, w24=peer.cmd_sn, **options))
        return peer.until(lambda got: got.opcode in (TEXT_RESPONSE, REJECT), 5)[-1]

    def targets(self, peer, question):
        """The names of an answer, in however many pieces it comes."""
        got = self.ask(peer, b"SendTargets=" + question + b"\0")
        text = got.data
        while not got.flags & FINAL:
            self.assertNotEqual(got.ttt, NO_TAG)
            self.assertLessEqual(len(got.data), 512)
            got = self.ask(peer, b"", ttt=got.ttt)
            text += got.data
        self.assertEqual(got.ttt, NO_TAG)
        return [item[11:].decode() for item in text.split(b"\0") if item[:11] == b"TargetName="]

    def hazard_19_questions(self):
        """Guards: All in discovery only, nothing in a session only, a name in both; nobody is told
        of a target that he may not log in to (appendix C)."""
        everything = [TARGET] + [f"{TARGET}-{number:03}" for number in range(MANY)]
        asks = self.connect().login(None, MaxRecvDataSegmentLength=512)
        self.assertEqual(sorted(self.targets(asks, b"All")), everything)
        self.assertEqual(self.targets(asks, everything[7].encode()), [everything[7]])
        for hidden in (f"{TARGET}-hidden", f"{TARGET}-none"):
            self.assertEqual(self.targets(asks, hidden.encode()), [])
        for wrong in (b"", b"all", b"x" * 300):
            self.assertEqual(self.ask(asks, b"SendTargets=" + wrong + b"\0").text,
                             {"SendTargets": "Reject"})
        inside = self.session()
        for question, answer in ((b"", [TARGET]), (b"All", [TARGET]), (TARGET.encode(), [TARGET]),
                                 (everything[7].encode(), [])):
            self.assertEqual(self.targets(inside, question), answer)

    def hazard_19_answers_in_pieces(self):
        """Guards: the rest of an answer is had by its tag, once: not by another, and a new
        question ends the old one (11.10.4)."""
        peer = self.connect().login(None, MaxRecvDataSegmentLength=512)
        first = self.ask(peer, b"SendTargets=All\0")
        self.assertEqual(first.flags & (FINAL | CONTINUE), CONTINUE)
        wrong = self.ask(peer, b"", ttt=first.ttt ^ 1)
        self.assertEqual((wrong.opcode, wrong.reason), (REJECT, INVALID_PDU_FIELD))
        self.assertEqual(self.ask(peer, b"", ttt=first.ttt).opcode, REJECT)  # it has ended
        again = self.ask(peer, b"SendTargets=All\0")
        self.assertNotEqual(again.ttt, first.ttt)
        self.assertEqual(self.ask(peer, b"", ttt=first.ttt).opcode, REJECT)
        self.assertEqual(len(self.targets(peer, b"All")), MANY + 1)

    def hazard_19_text_that_stays_open(self):
        """Guards: who begins texts and leaves them holds one, and nothing else waits for it."""
        with self.memory_within(0):
            peers = [self.session() for _ in range(20)]
            for peer in peers:
                for _ in range(20):
                    got = self.ask(peer, b"X-a=" + b"v" * 8000, flags=CONTINUE)
                    self.assertEqual((got.opcode, got.data), (TEXT_RESPONSE, b""))
                self.assert_works(peer)

    def regression_cve_2021_28361_text_without_data(self):
        """Guards: C without data, F without data, neither, both: no null, no loop (SPDK)."""
        for flags in (CONTINUE, FINAL, 0, FINAL | CONTINUE):
            for peer in (self.session(), self.connect().login(None)):
                got = self.ask(peer, b"", flags=flags)
                self.assertEqual(got.opcode, REJECT if flags == FINAL | CONTINUE else
                                 TEXT_RESPONSE)
                if got.opcode == TEXT_RESPONSE:
                    self.assertEqual(got.data, b"")
                peer.ping()

    def regression_cve_2021_28361_every_opcode_without_data(self):
        """Guards: the same of every opcode, with the C bit and without, in mid-login too."""
        for opcode in range(0x40):
            for flags in (FINAL, CONTINUE, 0, FINAL | CONTINUE):
                peer = self.session()
                self.until_quiet(peer, pdu(opcode, flags=flags, itt=0x600, w24=peer.cmd_sn))
                peer = self.connect()
                self.until_quiet(peer, peer.login_pdu(b"", flags=flags))

    def until_quiet(self, peer, raw):
        """The answer or the end; a PDU that is ignored is told by the one behind it."""
        with contextlib.suppress(Closed):
            peer.send(raw + pdu(0x3F))
            peer.until(lambda got: got.opcode != NOP_IN, 5)
        peer.close()


class Logouts(FaultTest):
    LUNS = [file_lun(0, "64MiB"), file_lun(SLOW, "4MiB", test_delay_ms=int(DELAY * 1000))]

    def log_out(self, peer, reason, cid):
        peer.send(pdu(LOGOUT, flags=FINAL | reason, immediate=True, itt=0x400, ttt=cid << 16,
                      w24=peer.cmd_sn))
        return peer.until(lambda got: got.opcode in (LOGOUT_RESPONSE, REJECT), 5)[-1]

    def hazard_20_reasons_and_connections(self):
        """Guards: reason and CID of a logout are held against the table (11.14, 11.15): to close
        the session, or this connection, ends it; another connection is not here; recovery is not
        supported; the rest is rejected, and the session lives."""
        closed, no_such_cid, no_recovery = 0, 1, 2
        cases = [(0, cid, closed) for cid in (0, 7, 0xFFFF)] + [(1, 0, closed)]
        cases += [(1, cid, no_such_cid) for cid in (1, 0xFFFF)]
        cases += [(2, cid, no_recovery) for cid in (0, 1)]
        for reason, cid, outcome in cases:
            with self.subTest(reason=reason, cid=cid):
                peer = self.session()
                got = self.log_out(peer, reason, cid)
                self.assertEqual((got.opcode, got.header[2]), (LOGOUT_RESPONSE, outcome))
                if outcome == closed:
                    self.assert_closed(peer)
                else:
                    self.assert_works(peer)
        peer = self.session()
        for reason in (3, 4, 64, 127):
            got = self.log_out(peer, reason, 0)
            self.assertEqual((got.opcode, got.reason), (REJECT, INVALID_PDU_FIELD))
        self.assert_works(peer)

    def slow_session(self):
        peer = self.session()
        peer.lun = SLOW
        return peer.ready()

    def hazard_20_io_outstanding(self):
        """Guards: the answer to a logout comes when the I/O of the session has ended, and nothing
        after it; commands behind the logout are not begun (11.14.5)."""
        peer = self.slow_session()
        mine = [peer.start(write10(8 * number, 8), write=b"q" * 4096) for number in range(4)]
        peer.send(pdu(LOGOUT, flags=FINAL, immediate=True, itt=0x400, ttt=0, w24=peer.cmd_sn))
        late = peer.start(write10(64, 8), write=b"L" * 4096)
        seen = peer.until(lambda got: got.opcode == LOGOUT_RESPONSE)
        self.assertFalse([got for got in seen if got.itt in mine])
        self.assertEqual([got.header[3] for got in seen if got.itt == late], [8])  # BUSY
        self.assertEqual(self.gateway.metric("lungate_lun_inflight_ops"), 0)
        with self.assertRaises(Closed):
            peer.receive(5)
        stored = self.slow_session().execute(read10(64, 8), read=4096).data
        self.assertEqual(stored, bytes(4096))

    def hazard_20_end_before_the_answer(self):
        """Guards: a peer that goes between its logout and the answer, by FIN, by half of one or by
        RST, leaves nothing behind."""
        ends = (lambda peer: peer.close(), lambda peer: peer.reset(),
                lambda peer: peer.socket.shutdown(socket.SHUT_WR))
        for end in ends:
            for _ in range(5):
                peer = self.slow_session()
                peer.start(write10(0, 8), write=b"f" * 4096)
                peer.send(pdu(LOGOUT, flags=FINAL, immediate=True, itt=0x400, ttt=0,
                              w24=peer.cmd_sn))
                end(peer)
        wait_until("nothing is in flight", 10,
                   lambda: self.gateway.metric("lungate_lun_inflight_ops") == 0)
        wait_until("no session is left", 10,
                   lambda: self.gateway.metric("lungate_sessions") == 0)


if __name__ == "__main__":
    main()
