#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A store whose writes do not return, beside one that is well: a file LUN with a test delay longer
than everything that the gateway waits for at its end.
"""

import contextlib
import fcntl
import signal
import subprocess
import time
import unittest

from fault_test import TARGET, Closed, main
from gateway import Gateway, file_lun, wait_until
from peer import Peer, read10, write10

HUNG = 60  # seconds, the most that may be configured
DRAIN = 1


def free(path):
    """Whether nobody has the file open as a LUN."""
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False


class HungStore(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway(luns=[file_lun(0, "4MiB", test_delay_ms=HUNG * 1000),
                                     file_lun(1, "4MiB")],
                               gateway={"drain_timeout_ms": DRAIN * 1000})
        self.addCleanup(self.gateway.close)
        self.peer = Peer(self.gateway.portal, timeout=20).login(TARGET)
        self.addCleanup(self.peer.close)

    def path(self, lun):
        return f"{self.gateway.folder}/lun{lun}.img"

    def write_that_hangs(self):
        """Its answer is not waited for; that it has arrived is seen by the ping behind it."""
        # The unit attention of a fresh nexus is taken by the first command of this LUN.
        self.peer.start(b"\x00" * 6)
        self.peer.start(write10(0, 1), write=b"x" * 512)
        self.peer.ping()

    def test_the_end_does_not_wait_for_it(self):
        """Guards begin_closing() in give_up(): the healthy store is closed although a write of
        the other one never returns, and the process ends in time."""
        self.write_that_hangs()
        process = self.gateway.server.process
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        wait_until("the healthy LUN's file is closed", DRAIN + 7, lambda: free(self.path(1)))
        self.assertIsNone(process.poll(), "the process has ended before: nothing was shown")
        self.assertFalse(free(self.path(0)), "its write is in progress")
        with contextlib.suppress(Closed, subprocess.TimeoutExpired):
            process.wait(DRAIN + 20)
        self.assertEqual(process.poll(), 1, "ended hard, and said so")
        self.assertGreater(time.monotonic() - begin, DRAIN + 5)


if __name__ == "__main__":
    main()
