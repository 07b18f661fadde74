#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Peers that do not read, do not end what they begin, or do not answer: they are given up after the
time-outs, which are shorter here than they are by default.
"""

import contextlib
import threading
import time

from fault_test import MIB, FaultTest, main
from peer import COMMAND, FINAL, NOP_OUT, Closed, pdu, read10, write10

TIMEOUT = 5
GRACE = 8


def together(*tests):
    """Runs them in threads; the first failure is raised here."""
    failures = []

    def run(test):
        try:
            test()
        except BaseException as failure:  # pylint: disable=broad-except
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(test,)) for test in tests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


class SlowPeers(FaultTest):
    ISCSI = {"nop_interval_ms": 1000, "nop_timeout_ms": 60_000,
             "receive_timeout_ms": TIMEOUT * 1000, "send_timeout_ms": TIMEOUT * 1000}

    def not_reading(self):
        """Many reads, none of their data taken; sent until the socket takes no more, then held."""
        peer = self.session(receive_buffer=4096)
        peer.socket.settimeout(1)
        with contextlib.suppress(Closed, TimeoutError):
            for number in range(2000):
                peer.send(pdu(COMMAND, flags=FINAL | 0x40, itt=0x1000 + number, ttt=256 * 1024,
                              cdb=read10(0, 512), w24=peer.cmd_sn + number))

    def not_reading_pings(self):
        """A NOP flood whose echoes nobody takes."""
        peer = self.session(receive_buffer=4096)
        peer.socket.settimeout(1)
        with contextlib.suppress(Closed, TimeoutError):
            for number in range(20_000):
                peer.send(pdu(NOP_OUT, immediate=True, itt=0x1000 + number, data=b"n" * 4096,
                              w24=peer.cmd_sn))

    def one_byte_a_second(self):
        """A PDU that is begun and hardly goes on."""
        peer = self.session()
        peer.send(pdu(COMMAND, flags=FINAL | 0x20, itt=1, ttt=4096, data=b"x" * 4096,
                      cdb=write10(0, 8), w24=peer.cmd_sn)[:48])
        self.trickle(peer, b"x" * 100)

    def one_header_byte_a_second(self):
        """The same within the header."""
        peer = self.session()
        self.trickle(peer, pdu(NOP_OUT, immediate=True, itt=1, data=b"y" * 100, w24=peer.cmd_sn))

    def trickle(self, peer, raw):
        begin = time.monotonic()
        with contextlib.suppress(Closed):
            for byte in raw:
                if peer.wait_closed(1):
                    break
                self.assertLess(time.monotonic() - begin, TIMEOUT + GRACE, "it may go on for ever")
                peer.send(bytes((byte,)))

    def hazard_21_patience_ends(self):
        """Guards: send queues are bounded, the send and the receive timeout end such a peer (also
        hazard 18: pings)."""
        with self.memory_within(2 * 96 * MIB), \
                self.counts("lungate_session_closes_total", at_least=2, reason="send_timeout"), \
                self.counts("lungate_session_closes_total", at_least=2, reason="receive_timeout"):
            together(self.not_reading, self.not_reading_pings, self.one_byte_a_second,
                     self.one_header_byte_a_second, self.others_are_served)

    def others_are_served(self):
        """Meanwhile an honest initiator notices nothing."""
        peer = self.session()
        slowest = 0.0
        end = time.monotonic() + 10
        while time.monotonic() < end:
            begin = time.monotonic()
            self.assert_works(peer)
            slowest = max(slowest, time.monotonic() - begin)
            time.sleep(0.02)
        self.assertLess(slowest, 5)


class SilentPeers(FaultTest):
    ISCSI = {"nop_interval_ms": 500, "nop_timeout_ms": 1000}

    def test_ping_without_answer(self):
        """Guards: a peer that does not answer our ping is given up after the timeout."""
        peer = self.session()
        with self.counts("lungate_nop_timeouts_total"):
            begin = time.monotonic()
            self.assert_closed(peer, within=6)
            self.assertGreater(time.monotonic() - begin, 1)

    def test_ping_with_answer(self):
        """Not a fault: who answers is kept."""
        peer = self.session()
        end = time.monotonic() + 4
        while time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                peer.answer_ping(peer.receive(0.2))
        self.assert_works(peer)

    def test_ping_answered_in_mid_data(self):
        """Guards: a busy but living peer is no dead one: any PDU counts as a sign of life."""
        peer = self.session()
        end = time.monotonic() + 4
        while time.monotonic() < end:
            self.assert_works(peer)
        self.assert_works(peer)


if __name__ == "__main__":
    main()
