#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""qemu-img convert to and from the gateway: back comes what went in, with digests and without. And
qemu-img map, which asks by GET LBA STATUS: it sees the holes, and no data in them.

On a file LUN, on one with blocks of 4 KiB, and on an RBD LUN when LUNGATE_TEST_CEPH_CONF names a
cluster.
"""

import contextlib
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "faults"))

# pylint: disable=wrong-import-position
from gateway import TARGET, Gateway, file_lun, rbd_lun  # noqa: E402

MIB = 1 << 20
SIZE = 96 * MIB
# Before a larger read of what it knows nothing about, qemu 7.2 asks for the status of 2 GiB minus
# 512 bytes, and ends by an assertion of its own where a block has 4 KiB.
SMALL = 16 * 1024
CONF = os.environ.get("LUNGATE_TEST_CEPH_CONF", "")


def checksum(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_image(path):
    """Data, zeros and holes in turn."""
    seed = int(os.environ.get("LUNGATE_SEED", random.randrange(1 << 32)))
    print(f"seed {seed}", flush=True)
    dice = random.Random(seed)
    with open(path, "wb") as file:
        while file.tell() < SIZE:
            run = min(dice.randrange(512, 3 * MIB, 512), SIZE - file.tell())
            kind = dice.random()
            if kind < 0.5:
                file.write(dice.randbytes(run))
            elif kind < 0.7:
                file.write(bytes(run))
            else:
                file.seek(run, os.SEEK_CUR)
        file.truncate(SIZE)


@contextlib.contextmanager
def digests_seen(gateway):
    """The set of header digests of the sessions while the block runs."""
    seen, stop = set(), threading.Event()

    def look():
        while not stop.wait(0.02):
            reply = gateway.control("sessions") or {}
            for session in reply.get("sessions", []):
                seen.add(dict(session["parameters"]).get("HeaderDigest"))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


@contextlib.contextmanager
def rbd_gateway(**lun):
    """A gateway with a new image of SIZE bytes as LUN 0."""
    image = f"rbd/qemu{os.getpid()}"
    rbd = ["rbd", "--conf", CONF]
    subprocess.run([*rbd, "create", "--size", f"{SIZE // MIB}M", image], check=True)
    try:
        with Gateway(luns=[rbd_lun(0, image, **lun)],
                     ceph={"conf": CONF, "user": "admin"}) as gateway:
            yield gateway
    finally:
        subprocess.run([*rbd, "rm", "--no-progress", image], check=False)


class Qemu(unittest.TestCase):
    def run_tool(self, *words):
        """What it printed."""
        done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), words)
        return done.stdout

    def qemu_img(self, *words):
        return self.run_tool("qemu-img", *words)


class Convert(Qemu):

    def there_and_back(self, gateway, lun, digest):
        disk = (f"driver=raw,file.driver=iscsi,file.transport=tcp,file.portal=127.0.0.1:"
                f"{gateway.port},file.target={TARGET},file.lun={lun},file.header-digest={digest}")
        with tempfile.TemporaryDirectory(prefix="lg-", dir="/tmp") as folder:
            source, back = f"{folder}/source", f"{folder}/back"
            write_image(source)
            with digests_seen(gateway) as seen:
                self.qemu_img("convert", "-n", "-f", "raw", "--target-image-opts", source, disk)
                self.qemu_img("convert", "--image-opts", "-O", "raw", disk, back)
            self.assertEqual(checksum(source), checksum(back))
            self.assertEqual(seen, {"CRC32C" if digest == "crc32c" else "None"})
            if digest == "none":  # as people type it
                os.unlink(back)
                self.qemu_img("convert", "-f", "raw", "-O", "raw", gateway.url(lun), back)
                self.assertEqual(checksum(source), checksum(back))

    def both(self, gateway, lun=0):
        for digest in ("none", "crc32c"):
            with self.subTest(digest):
                self.there_and_back(gateway, lun, digest)
        self.assertEqual(gateway.stop(), 0)

    def test_file(self):
        with Gateway(luns=[file_lun(0, SIZE)]) as gateway:
            self.both(gateway)

    def test_blocks_of_4096_bytes(self):
        with Gateway(luns=[file_lun(7, SIZE, block_size=4096)]) as gateway:
            self.both(gateway, 7)

    @unittest.skipUnless(os.path.exists(CONF), "LUNGATE_TEST_CEPH_CONF names no cluster")
    def test_rbd(self):
        for size in (512, 4096):
            with self.subTest(size), rbd_gateway(block_size=size) as gateway:
                self.both(gateway)


class Map(Qemu):
    """`granule`: what a store has or has not, as a whole: a block of the file system, an object."""

    def qemu_io(self, gateway, *commands):
        words = [word for command in commands for word in ("-c", command)]
        self.run_tool("qemu-io", "-f", "raw", "-d", "unmap", *words, gateway.url(0))

    def map(self, gateway):
        """[(start, end, is data)]; it covers the disk, and what is no data reads as zeros."""
        extents = json.loads(self.qemu_img("map", "-f", "raw", "--output=json", gateway.url(0)))
        self.assertEqual([one["start"] for one in extents] + [SIZE],
                         [0] + [one["start"] + one["length"] for one in extents])
        self.assertTrue(all(one["zero"] is not one["data"] for one in extents), extents)
        return [(one["start"], one["start"] + one["length"], one["data"]) for one in extents]

    def data_granules(self, gateway, granule):
        return {number for start, end, data in self.map(gateway) if data
                for number in range(start // granule, -(-end // granule))}

    def holes_are_seen(self, gateway, granule):
        self.assertEqual(self.map(gateway), [(0, SIZE, False)])
        seed = int(os.environ.get("LUNGATE_SEED", random.randrange(1 << 32)))
        print(f"seed {seed}", flush=True)
        dice = random.Random(seed)
        written, commands = set(), []
        for _ in range(12):  # at odd places: qemu reads, changes and writes whole blocks
            at, length = dice.randrange(SIZE - 8192), dice.randrange(1, 8192)
            commands.append(f"write -P 0x5a {at} {length}")
            block = 4096  # what the tool may write around it
            written |= set(range(at // block * block // granule,
                                 (at + length + block - 1) // block * block // granule))
            written.add((at + length - 1) // granule)
        self.qemu_io(gateway, *commands)
        self.assertEqual(self.data_granules(gateway, granule), written)
        # UNMAP, and the hole is there; its neighbours stay.
        self.qemu_io(gateway, f"write -P 0x77 {16 * MIB} {16 * MIB}",
                     f"discard {20 * MIB} {8 * MIB}")
        self.qemu_io(gateway, *(f"read -P {value} {at} {SMALL}" for value, at in (
            (0x77, 16 * MIB), (0x77, 20 * MIB - SMALL), (0, 20 * MIB), (0, 28 * MIB - SMALL),
            (0x77, 28 * MIB), (0x77, 32 * MIB - SMALL))))
        found = self.map(gateway)
        self.assertIn((20 * MIB, 28 * MIB, False), found)
        self.assertTrue(all(data for start, end, data in found
                            if start < 20 * MIB < end or start < 32 * MIB - 1 < end), found)
        self.assertEqual(gateway.stop(), 0)

    def test_file(self):
        for size in (512, 4096):
            with self.subTest(size), Gateway(luns=[file_lun(0, SIZE, block_size=size)]) as gateway:
                self.holes_are_seen(gateway, os.stat(gateway.folder).st_blksize)

    @unittest.skipUnless(os.path.exists(CONF), "LUNGATE_TEST_CEPH_CONF names no cluster")
    def test_rbd(self):
        for size in (512, 4096):
            with self.subTest(size), rbd_gateway(block_size=size) as gateway:
                self.holes_are_seen(gateway, 4 * MIB)


if __name__ == "__main__":
    unittest.main(verbosity=2)
