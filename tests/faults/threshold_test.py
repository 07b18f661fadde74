#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Thin provisioning: hosts are told when the file system under a LUN is as full as the operator
says. The test moves the threshold to where the file system is, instead of filling it."""

import os
import re
import struct
import unittest

from fault_test import TARGET, main
from gateway import Gateway, file_lun, wait_until
from peer import TEST_UNIT_READY, Peer

LOG_SENSE = bytes((0x4D, 0, 0x4C, 0, 0, 0, 0, 0, 255, 0))
MODE_SENSE = bytes((0x1A, 8, 0x1C, 2, 255, 0))
INQUIRY_B2 = bytes((0x12, 1, 0xB2, 0, 255, 0))
MODE_CHANGED, THRESHOLD_REACHED = (6, 0x2A, 0x01), (6, 0x38, 0x07)


def available_percent(folder):
    system = os.statvfs(folder)
    used = system.f_blocks - system.f_bfree
    return 100 * system.f_bavail // (used + system.f_bavail)


class Threshold(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway(luns=[file_lun(0, "16MiB", pool_threshold_percent=0)])
        self.addCleanup(self.gateway.close)
        if not 1 < available_percent(self.gateway.folder) < 99:
            self.skipTest("the file system is empty, or full")

    def set_threshold(self, percent):
        with open(self.gateway.config, encoding="utf-8") as text:
            changed = re.sub(r"(pool_threshold_percent =) \d+", rf"\1 {percent}", text.read())
        with open(self.gateway.config, "w", encoding="utf-8") as text:
            text.write(changed)
        reply = self.gateway.control("reload")
        self.assertEqual(reply["reply"], "reloaded", reply)

    def attention(self, peer):
        """The next that the unit has to tell; None: there is none."""
        result = peer.execute(TEST_UNIT_READY)
        return None if result.good else result.sense_code

    def test_every_nexus_is_told(self):
        """Guards: the place is looked at beside the I/O, and every nexus hears of it."""
        peers = [Peer(self.gateway.portal).login(TARGET).ready() for _ in range(2)]
        for peer in peers:
            self.addCleanup(peer.close)
        self.assertEqual(peers[0].execute(INQUIRY_B2, read=255).data[4], 0, "no thresholds")
        available = available_percent(self.gateway.folder)
        self.set_threshold(100 - available + 1)  # a little fuller than it is
        for peer in peers:
            wait_until("the mode page is another", 10,
                       lambda peer=peer: self.attention(peer) == MODE_CHANGED)
        self.assertNotEqual(peers[0].execute(INQUIRY_B2, read=255).data[4], 0)
        count = struct.unpack(">I", peers[0].execute(MODE_SENSE, read=255).data[24:28])[0]
        self.assertEqual(count, available - 1)
        page = peers[0].execute(LOG_SENSE, read=255).data
        self.assertEqual(page[:4], bytes.fromhex("8c000024"))
        wait_until("it has been looked", 10,
                   lambda: peers[0].execute(LOG_SENSE, read=255).data[20:24] != bytes(4))
        told = struct.unpack(">H", peers[0].execute(LOG_SENSE, read=255).data[32:34])[0]
        self.assertLessEqual(abs(told - available), 1)

        self.set_threshold(max(100 - available - 2, 1))
        for peer in peers:
            wait_until("the threshold has been reached", 10,
                       lambda peer=peer: self.attention(peer) == THRESHOLD_REACHED)
            self.assertIsNone(self.attention(peer), "told once")
        self.assertIn(b"soft_threshold_reached", self.gateway.server.log_text())


if __name__ == "__main__":
    main()
