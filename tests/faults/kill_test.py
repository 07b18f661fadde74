#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 in the middle of a load, and a restart: every write that was answered GOOD is there.

On a file LUN; and on an RBD LUN when LUNGATE_TEST_CEPH_CONF names a cluster.
"""

import contextlib
import os
import random
import struct
import subprocess
import threading
import time
import unittest

from fault_test import TARGET, Peer, main
from gateway import Gateway, file_lun, rbd_lun
from peer import Closed, read16, write16

ROUNDS = 3
DEPTH = 16
BLOCKS = 512  # blocks of 4 KiB that are written again and again
SIZE = 4096
CONF = os.environ.get("LUNGATE_TEST_CEPH_CONF", "")


def content(block, generation):
    """What a block holds after its so-manieth write."""
    return struct.pack(">QQ", block, generation) * (SIZE // 16)


class Ledger:
    """What was sent, and what was answered GOOD, per block."""

    def __init__(self):
        self.sent, self.stored = {}, {}

    def next(self, block):
        self.sent[block] = self.sent.get(block, 0) + 1
        return self.sent[block]

    def faults(self, block, data):
        """None, or what is wrong with what the block holds now."""
        low, high = self.stored.get(block, 0), self.sent.get(block, 0)
        found_block, generation = struct.unpack_from(">QQ", data)
        if low == 0 and data == bytes(SIZE):
            return None
        if data != content(block, generation) or found_block != block:
            return f"block {block} is torn or foreign"
        if not low <= generation <= high:
            return f"block {block} holds write {generation}; {low} was answered, {high} sent"
        return None


class Writer(threading.Thread):
    """Keeps DEPTH writes of distinct blocks on their way until the connection breaks."""

    def __init__(self, portal, ledger):
        super().__init__()
        self.peer = Peer(portal, timeout=30).login(TARGET).ready()
        self.ledger, self.flying, self.answered = ledger, {}, 0

    def run(self):
        with contextlib.suppress(Closed, ConnectionError, TimeoutError):
            while True:
                while len(self.flying) < DEPTH:
                    self.write_one()
                got = self.peer.receive()
                if got.itt not in self.flying:
                    continue
                block, generation = self.flying.pop(got.itt)
                if got.header[2] == 0 and got.header[3] == 0:
                    self.ledger.stored[block] = generation
                    self.answered += 1
        self.peer.close()

    def write_one(self):
        busy = {block for block, _ in self.flying.values()}
        block = random.choice([block for block in range(BLOCKS) if block not in busy])
        generation = self.ledger.next(block)
        itt = self.peer.new_itt()
        self.flying[itt] = (block, generation)
        self.peer.start(write16(block * SIZE // 512, SIZE // 512), itt=itt,
                        write=content(block, generation))


class KillNine(unittest.TestCase):
    def kill_and_compare(self, gateway):
        """Guards: GOOD is sent after the backend has acknowledged, never before."""
        ledger = Ledger()
        for turn in range(ROUNDS):
            writer = Writer(gateway.portal, ledger)
            writer.start()
            time.sleep(1 + random.random())
            gateway.kill()
            writer.join()
            self.assertGreater(writer.answered, 50, "the load did nothing")
            begin = time.monotonic()
            gateway.start()
            print(f"round {turn}: {writer.answered} writes answered, {len(writer.flying)} on "
                  f"their way, serving again after {time.monotonic() - begin:.1f} s", flush=True)
            self.compare(gateway, ledger)

    def compare(self, gateway, ledger):
        with Peer(gateway.portal, timeout=30) as peer:
            peer.login(TARGET).ready()
            wrong = []
            for block in range(BLOCKS):
                result = peer.execute(read16(block * SIZE // 512, SIZE // 512), read=SIZE)
                self.assertTrue(result.good, result)
                # What is there now is the state to go on from.
                wrong.append(ledger.faults(block, result.data))
                ledger.stored[block] = struct.unpack_from(">QQ", result.data)[1]
        self.assertEqual([fault for fault in wrong if fault], [])

    def test_file(self):
        with Gateway(luns=[file_lun(0, "64MiB")]) as gateway:
            self.kill_and_compare(gateway)

    @unittest.skipUnless(os.path.exists(CONF), "LUNGATE_TEST_CEPH_CONF names no cluster")
    def test_rbd(self):
        image = f"kill{os.getpid()}"
        rbd = ["rbd", "--conf", CONF]
        subprocess.run([*rbd, "create", "--size", "64M", f"rbd/{image}"], check=True)
        try:
            with Gateway(luns=[rbd_lun(0, f"rbd/{image}")],
                         ceph={"conf": CONF, "user": "admin"}) as gateway:
                self.kill_and_compare(gateway)
        finally:
            subprocess.run([*rbd, "rm", "--no-progress", f"rbd/{image}"], check=False)

    def test_ledger_sees_a_lost_write(self):
        """The comparison itself can fail."""
        ledger = Ledger()
        ledger.sent[5], ledger.stored[5] = 3, 2
        self.assertIsNone(ledger.faults(5, content(5, 2)))
        self.assertIsNone(ledger.faults(5, content(5, 3)))
        for bad in (content(5, 1), content(5, 4), content(6, 2), bytes(SIZE),
                    content(5, 2)[:2048] + content(5, 3)[2048:]):
            self.assertIsNotNone(ledger.faults(5, bad))


if __name__ == "__main__":
    main()
