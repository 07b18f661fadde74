#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The exporter is fed segments that are no segments: it says so, and serves on."""

import fcntl
import os
import random
import struct
import tempfile
import unittest

from fault_test import main
from gateway import (Gateway, Server, file_lun, free_port, programs, samples, scrape,
                     wait_until)
from peer import Peer, read10

TARGET = "iqn.2026-11.io.lungate:store"
F_OFD_SETLK = 37  # fcntl(2)
HOLE = bytes(1 << 16)


class Segments(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """A real segment with some I/O in it, copied while its gateway lives."""
        cls.gateway = Gateway(luns=[file_lun(0, "16MiB"), file_lun(1, "16MiB")])
        cls.addClassCleanup(cls.gateway.close)
        with Peer(cls.gateway.portal) as peer:
            peer.login(TARGET).ready()
            for lba in range(100):
                peer.execute(read10(lba, 1), read=512)
        with open(cls.gateway.segment, "rb") as segment:
            cls.real = segment.read()

    def setUp(self):
        self.seed = int(os.environ.get("LUNGATE_SEED", random.randrange(1 << 32)))
        random.seed(self.seed)
        folder = tempfile.TemporaryDirectory(prefix="lg-", dir="/tmp")
        self.addCleanup(folder.cleanup)
        self.path, self.port = f"{folder.name}/segment", free_port()
        self.server = Server([f"{programs()}/lungate-exporter", "--segment", self.path,
                              "--listen", f"127.0.0.1:{self.port}"],
                             f"{folder.name}/exporter.log")
        self.addCleanup(self.server.stop)
        self.server.wait_ready("answers", lambda: scrape(self.port))
        self.memory = self.server.memory_bytes()
        self.writer = None
        self.addCleanup(lambda: self.writer and self.writer.close())

    def put(self, raw):
        """As a writer publishes: a new file by rename, locked for as long as its writer lives. (A
        segment without the lock is a dead one, and nobody would look further into it.)"""
        if self.writer is not None:
            self.writer.close()
        self.writer = open(self.path + ".new", "wb")
        for at in range(0, len(raw), len(HOLE)):  # sparse, as the real one: it has 32 MB
            piece = raw[at:at + len(HOLE)]
            if piece != HOLE[:len(piece)]:
                os.pwrite(self.writer.fileno(), piece, at)
        self.writer.truncate(len(raw))
        whole_file = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        fcntl.fcntl(self.writer, F_OFD_SETLK, whole_file)
        os.rename(self.path + ".new", self.path)

    def up(self):
        """lungate_shm_up of a scrape; the exporter must have answered."""
        text = scrape(self.port)
        self.assertTrue(self.server.alive(), f"the exporter has ended (seed {self.seed}):\n"
                                             f"{self.server.log_end()}")
        self.assertIsNotNone(text, f"no answer (seed {self.seed})")
        values = [value for name, _, value in samples(text) if name == "lungate_shm_up"]
        self.assertEqual(len(values), 1)
        if values[0] == 0:
            self.assertNotIn("lungate_lun_op_duration_seconds_bucket", text)
        return values[0]

    def expect_down(self, raw, what):
        self.put(raw)
        self.assertEqual(self.up(), 0, f"{what} (seed {self.seed})")

    def test_absent(self):
        """Guards: no segment is an answer, not an error of the exporter."""
        self.assertEqual(self.up(), 0)

    def test_empty_and_zeroed(self):
        """Guards: size and magic are looked at before anything else."""
        self.expect_down(b"", "empty")
        for size in (1, 8, 64, 4096, len(self.real)):
            self.expect_down(bytes(size), f"{size} zeros")

    def test_truncated(self):
        """Guards: what the header promises must lie within the file (else SIGBUS)."""
        sizes = {1, 16, 63, 64, 127, 4095, 4096, 4097, len(self.real) // 2, len(self.real) - 1}
        for size in sorted(sizes | {random.randrange(len(self.real)) for _ in range(20)}):
            self.expect_down(self.real[:size], f"cut to {size}")

    def test_copy(self):
        """Not a fault: a locked copy of a real segment is read. What follows differs from it."""
        self.put(self.real)
        self.assertEqual(self.up(), 1)

    def test_wrong_kind(self):
        """Guards: magic, byte order and version are looked at, each of them."""
        for where in range(16):
            raw = bytearray(self.real)
            raw[where] ^= 0x41
            self.put(raw)
            self.assertIn(self.up(), (0, 1) if where in (10, 11) else (0,), f"byte {where}")

    def test_truncated_while_mapped(self):
        """Guards: a segment that shrinks under the reader does not kill it."""
        self.put(self.real)
        self.assertEqual(self.up(), 1)
        os.truncate(self.path, 4096)
        self.assertEqual(self.up(), 0)

    def test_random(self):
        """Guards: the header checks itself."""
        for size in (64, 4096, 100_000):
            for _ in range(10):
                self.expect_down(random.randbytes(size), "noise")

    def test_damaged(self):
        """Guards: every index, count and text of a segment is checked before it is used."""
        for number in range(200):
            raw = bytearray(self.real)
            for _ in range(random.choice((1, 1, 4, 64))):
                where = random.randrange(min(len(raw), random.choice((256, 4096, len(raw)))))
                raw[where] = random.choice((0, 0xFF, 0x80, random.randrange(256)))
            self.put(raw)
            self.up()
            if number % 20 == 0:
                self.assertLess(self.server.memory_bytes(), self.memory + (256 << 20))

    def test_header_words(self):
        """Guards: offsets, strides and counts are held against the file, each of them."""
        header = bytearray(self.real[:struct.unpack_from("<I", self.real, 12)[0]])
        for where in range(16, len(header.rstrip(b"\0")), 8):
            true = struct.unpack_from("<Q", header, where)[0]
            for wrong in (0, true + 8, true << 7, 1 << 32, 1 << 40, (1 << 64) - 8):
                raw = bytearray(self.real)
                struct.pack_into("<Q", raw, where, wrong & (1 << 64) - 1)
                self.put(raw)
                self.up()

    def test_folder_and_pipe(self):
        """Guards: what is no regular file is not opened for good."""
        os.mkdir(self.path)
        self.assertEqual(self.up(), 0)
        os.rmdir(self.path)
        os.mkfifo(self.path)
        self.assertEqual(self.up(), 0)

    def test_serves_on(self):
        """Guards: after all that, a real segment is read as if nothing had been."""
        self.expect_down(b"\xff" * 8192, "ones")
        os.unlink(self.path)
        os.symlink(self.gateway.segment, self.path)  # the living one: its writer holds the lock
        wait_until("lungate_shm_up is 1", 5, lambda: self.up() == 1)
        reads = [value for name, labels, value in samples(scrape(self.port))
                 if name == "lungate_lun_op_duration_seconds_count" and labels["op"] == "read"]
        self.assertGreaterEqual(sum(reads), 100)


if __name__ == "__main__":
    main()
