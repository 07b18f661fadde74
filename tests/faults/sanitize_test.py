#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 in the middle of a SANITIZE: half a medium is never taken for a whole one."""

import unittest

from fault_test import TARGET, main
from gateway import Gateway, file_lun
from peer import TEST_UNIT_READY, Peer, read10

SANITIZE, OVERWRITE, EXIT_FAILURE_MODE = 0x48, 0x01, 0x1F
IMMEDIATE, UNRESTRICTED_EXIT = 0x80, 0x20
IN_PROGRESS, FAILED = (2, 0x04, 0x1B), (3, 0x31, 0x03)
ONE_PASS = bytes((0x01, 0, 0, 1, 0xA5))


def sanitize(action, flags=0, length=0):
    return bytes((SANITIZE, action | flags)) + bytes(5) + length.to_bytes(2, "big") + bytes(1)


class Sanitize(unittest.TestCase):
    def setUp(self):
        lun = file_lun(0, "256MiB", test_delay_ms=300)  # each piece of 16 MiB takes so long
        self.gateway = Gateway(luns=[lun])
        self.addCleanup(self.gateway.close)

    def peer(self):
        peer = Peer(self.gateway.portal).login(TARGET)
        self.addCleanup(peer.close)
        return peer

    def readiness(self, peer):
        """What the unit says once its unit attentions are told; None: it is ready."""
        while True:
            result = peer.execute(TEST_UNIT_READY)
            if result.good or result.sense_code[0] != 6:
                return result.sense_code

    def test_a_kill_in_the_middle_is_a_failure(self):
        """Guards: that it has begun is stored before it begins."""
        peer = self.peer()
        self.assertIsNone(self.readiness(peer))
        begun = peer.execute(sanitize(OVERWRITE, IMMEDIATE | UNRESTRICTED_EXIT, len(ONE_PASS)),
                             write=ONE_PASS)
        self.assertTrue(begun.good, begun)
        self.assertEqual(self.readiness(peer), IN_PROGRESS)
        self.gateway.kill()
        self.gateway.start()

        peer = self.peer()
        self.assertEqual(self.readiness(peer), FAILED)
        self.assertEqual(peer.execute(read10(0, 1), read=512).sense_code, FAILED)
        left = peer.execute(sanitize(EXIT_FAILURE_MODE, UNRESTRICTED_EXIT))
        self.assertTrue(left.good, left)
        self.assertIsNone(self.readiness(peer))
        self.gateway.kill()
        self.gateway.start()
        self.assertIsNone(self.readiness(self.peer()), "it has been left for good")

    def test_one_that_succeeds_is_forgotten(self):
        """Guards: a medium that is whole is not said to be half."""
        peer = self.peer()
        self.assertIsNone(self.readiness(peer))
        done = peer.execute(sanitize(OVERWRITE, 0, len(ONE_PASS)), write=ONE_PASS, timeout=60)
        self.assertTrue(done.good, done)
        self.gateway.kill()
        self.gateway.start()
        peer = self.peer()
        self.assertIsNone(self.readiness(peer))
        self.assertEqual(peer.execute(read10(8, 1), read=512).data, b"\xa5" * 512)


if __name__ == "__main__":
    main()
