# SPDX-License-Identifier: LGPL-2.1-or-later
"""Faults of the gateway's own process: stopped, killed, starved, misconfigured."""

import signal
import struct
import time
import unittest

from stage import Faults, lab, raises  # first: it says where the others are

from peer import GOOD, NOP_IN

PAUSE_S, RUN_S = 0.25, 0.05
VERIFY_4_MIB = struct.pack(">BxIxHx", 0x2F, 0, 8192)  # BYTCHK=00: no data is sent


class Process(Faults):
    @raises("HeartbeatStale:warning", "HeartbeatStale:critical")
    def test_stopped(self):
        """SIGSTOP, as a paused virtual machine."""
        process = self.gateway.server.process
        process.send_signal(signal.SIGSTOP)
        try:
            self.fires()
        finally:
            process.send_signal(signal.SIGCONT)
        self.resolves()

    @raises("TargetDown:critical")
    def test_killed(self):
        self.gateway.kill()
        self.fires()
        self.gateway.start()
        self.resolves()

    @raises("RestartLoop:critical")
    def test_restarts(self):
        def restart():
            self.gateway.kill()
            self.gateway.start()
        with self.again_and_again(restart, pause=1):
            self.fires()
        self.resolves()

    @raises("ReloadRefused:warning")
    def test_reload_with_a_mistake(self):
        with open(self.gateway.config, encoding="utf-8") as text:
            right = text.read()
        with open(self.gateway.config, "a", encoding="utf-8") as text:
            text.write("\nnonsense = 1\n")
        self.assertNotEqual(self.gateway.control("reload")["reply"], "reloaded")
        self.fires()
        with open(self.gateway.config, "w", encoding="utf-8") as text:
            text.write(right)
        self.assertEqual(self.gateway.control("reload")["reply"], "reloaded")
        self.resolves()


class OneLoop(Faults):
    LUNS = [lab.null_lun(0, "1GiB")]
    MORE = {"loops": 1}

    @raises("EventLoopBusy:warning")
    def test_saturated(self):
        """A host that has its disk verified. It costs the host nothing, so that the loop is full
        on whatever share of a core they have between them."""
        host = self.peer(timeout=90)
        host.ready()
        for _ in range(32):
            host.start(VERIFY_4_MIB)

        def next_one():
            answer = host.receive()
            if answer.opcode == NOP_IN:
                return host.answer_ping(answer)
            self.assertEqual(answer.header[3], GOOD)
            return host.start(VERIFY_4_MIB)
        with self.again_and_again(next_one, 0):
            self.fires()
        host.close()
        self.resolves()

    @raises("EventLoopLag:warning", "EventLoopLag:critical")
    def test_starved(self):
        """A process that gets the CPU for a sixth of the time."""
        process = self.gateway.server.process

        def pause():
            process.send_signal(signal.SIGSTOP)
            time.sleep(PAUSE_S)
            process.send_signal(signal.SIGCONT)
        try:
            with self.again_and_again(pause, RUN_S):
                self.fires()
        finally:
            process.send_signal(signal.SIGCONT)
        self.resolves()


if __name__ == "__main__":
    unittest.main(verbosity=2)
