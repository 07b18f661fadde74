#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hazard 29, and what a read must not show: stores that are full, cut, grown, gone or slow
(SPC-4, 4.5.6; SBC-3, 4.7.3)."""

import os
import subprocess
import time
import unittest

from fault_test import MIB, TARGET, main
from gateway import Gateway, file_lun, rbd_lun, wait_until
from peer import ABORT_TASK, TASK_RESPONSE, TEST_UNIT_READY, Peer, read10, write10

SPACE_ALLOCATION_FAILED, CAPACITY_CHANGED = (7, 0x27, 7), (6, 0x2A, 9)
NO_SUCH_LUN = (5, 0x25, 0)
CONF = os.environ.get("LUNGATE_TEST_CEPH_CONF", "")
# A file system of so little room, which nobody but the gateway sees and which ends with it.
SMALL = ("unshare", "--mount", "--map-root-user", "sh", "-ec",
         'mkdir -p "$0" && mount -t tmpfs -o size=2m,mode=0755 none "$0" && exec "$@"',
         "{folder}/small")


def can_mount():
    run = subprocess.run(["unshare", "--mount", "--map-root-user", "mount", "-t", "tmpfs", "none",
                          "/tmp"], check=False, capture_output=True)
    return run.returncode == 0


class StoreTest(unittest.TestCase):
    def start(self, *luns, **more):
        self.gateway = Gateway(luns=list(luns), **more)
        self.addCleanup(self.gateway.close)
        return self.session()

    def session(self, lun=0):
        peer = Peer(self.gateway.portal, timeout=20).login(TARGET)
        self.addCleanup(peer.close)
        peer.lun = lun
        return peer.ready()

    def path(self, lun=0):
        return f"{self.gateway.folder}/lun{lun}.img"


class Files(StoreTest):
    @unittest.skipUnless(can_mount(), "no name space to mount in")
    def hazard_29_no_space(self):
        """Guards: ENOSPC is SPACE ALLOCATION FAILED, of each command that needs room, never GOOD;
        what is there is read and written on, and room that is given back is used."""
        peer = self.start(file_lun(0, "16MiB", name="small/lun0.img"), under=SMALL)
        piece, stored = 256 * 1024, 0
        while (result := peer.execute(write10(512 * stored, 512), write=bytes([stored + 1]) *
                                      piece)).good:
            stored += 1
            self.assertLess(stored, 9, "2 MiB hold more than 2 MiB")
        self.assertGreater(stored, 5)
        self.assertEqual(result.sense_code, SPACE_ALLOCATION_FAILED)
        same = b"\x93\0" + (8192).to_bytes(8, "big") + (4096).to_bytes(4, "big") + b"\0\0"
        self.assertEqual(peer.execute(same, write=b"s" * 512).sense_code, SPACE_ALLOCATION_FAILED)
        for number in range(stored):
            data = peer.execute(read10(512 * number, 512), read=piece).data
            self.assertEqual(data, bytes([number + 1]) * piece)
        self.assertTrue(peer.execute(write10(0, 512), write=bytes(piece)).good)
        unmap = b"\x93\x08" + bytes(8) + (1024).to_bytes(4, "big") + b"\0\0"
        self.assertTrue(peer.execute(unmap, write=bytes(512)).good)
        self.assertTrue(peer.execute(write10(9000, 512), write=bytes(piece)).good)

    def regression_cve_2014_4027_nothing_of_others_in_a_read(self):
        """Guards: what a store does not give is not made up from old buffers: holes read as zeros,
        and what somebody has cut off the file is an error (LIO: uninitialised memory)."""
        peer = self.start(file_lun(0, "4MiB"), file_lun(1, "4MiB"))
        pattern = b"\xa5" * (256 * 1024)
        for lba in range(0, 8192, 512):
            self.assertTrue(peer.execute(write10(lba, 512), write=pattern).good)
        other = self.session(1)
        for lba, blocks in ((0, 512), (8000, 192), (7, 1)):
            self.assertEqual(other.execute(read10(lba, blocks), read=512 * blocks).data,
                             bytes(512 * blocks))
        os.truncate(self.path(), MIB + 100)
        for lba, blocks in ((4096, 512), (2048, 8), (2040, 16), (8191, 1)):
            result = peer.execute(read10(lba, blocks), read=512 * blocks)
            self.assertEqual(result.status, 2)
            self.assertEqual(result.data, b"")
        self.assertEqual(peer.execute(read10(2000, 8), read=4096).data, pattern[:4096])

    def hazard_29_resize(self):
        """Guards: a LUN that has grown says so to every nexus, once, and the new blocks are
        there; before, they are beyond the end."""
        peer = self.start(file_lun(0, "4MiB"))
        other = self.session()
        self.assertEqual(peer.execute(read10(8192, 1), read=512).sense_code, (5, 0x21, 0))
        self.gateway.luns[0]["size"] = "8MiB"
        self.gateway.reload()
        for one in (peer, other):
            wait_until("the capacity has changed", 5, lambda one=one: one.execute(
                TEST_UNIT_READY).sense_code == CAPACITY_CHANGED)
            self.assertTrue(one.execute(TEST_UNIT_READY).good)
            self.assertEqual(one.capacity(), (16384, 512))
            self.assertEqual(one.execute(read10(16383, 1), read=512).data, bytes(512))

    def hazard_29_store_that_is_slow(self):
        """Guards: a store that takes longer than an initiator waits: an abort is answered when the
        write has ended, and the session of another LUN notices nothing."""
        peer = self.start(file_lun(0, "4MiB"), file_lun(1, "4MiB", test_delay_ms=1500))
        slow = self.session(1)
        begin = time.monotonic()
        itt = slow.start(write10(0, 1), write=b"x" * 512)
        slow.ping()
        asked = slow.manage(ABORT_TASK, ref_itt=itt, ref_cmd_sn=slow.cmd_sn - 1)
        for lba in range(50):
            self.assertTrue(peer.execute(read10(lba, 1), read=512, timeout=1).good)
        seen = slow.until(lambda got: got.opcode == TASK_RESPONSE)
        self.assertEqual((seen[-1].itt, seen[-1].header[2]), (asked, 0))
        self.assertFalse([got for got in seen if got.itt == itt])
        self.assertGreater(time.monotonic() - begin, 1.4)

    def hazard_29_lun_that_is_lost(self):
        """Guards: who loses its LUN in the middle of its writes gets an answer for each, and GOOD
        for none that was not stored."""
        peer = self.start(file_lun(0, "4MiB"), file_lun(1, "4MiB", test_delay_ms=300))
        slow = self.session(1)
        tags = [slow.start(write10(8 * number, 8), write=bytes([number + 1]) * 4096)
                for number in range(8)]
        slow.ping()
        self.gateway.luns.pop()
        self.gateway.reload()
        tags.append(slow.start(write10(80, 8), write=b"l" * 4096))
        answers = {}
        while set(tags) - set(answers):
            got = slow.until(lambda got: got.itt in tags)[-1]
            answers[got.itt] = got.header[3]
        with open(self.path(1), "rb") as file:
            for number, itt in enumerate(tags[:-1]):
                stored = file.read(4096) == bytes([number + 1]) * 4096
                self.assertTrue(stored or answers[itt] != 0)
            file.seek(80 * 512)
            self.assertEqual(file.read(4096), bytes(4096))
        self.assertEqual(slow.execute(TEST_UNIT_READY).sense_code, NO_SUCH_LUN)
        self.assertTrue(peer.ready().execute(read10(0, 1), read=512).good)


@unittest.skipUnless(os.path.exists(CONF), "LUNGATE_TEST_CEPH_CONF names no cluster")
class Images(StoreTest):
    def rbd(self, *words):
        run = subprocess.run(["rbd", "--conf", CONF, *words], check=True, capture_output=True)
        return run.stdout.decode()

    def setUp(self):
        self.image = f"rbd/hazard{os.getpid()}-{self._testMethodName[7:9]}"
        self.rbd("create", "--size", "16M", self.image)
        self.addCleanup(lambda: self.rbd("rm", "--no-progress", self.image))

    def start_on_image(self):
        return self.start(rbd_lun(0, self.image), ceph={"conf": CONF, "user": "admin"})

    def hazard_29_blocklisted(self):
        """Guards: who is fenced (ESHUTDOWN) has lost its exclusive lock: a write that is answered
        GOOD is in the image, and soon none is."""
        peer = self.start_on_image()
        self.assertTrue(peer.execute(write10(0, 8), write=b"1" * 4096).good)
        watcher = self.rbd("status", self.image).split("watcher=")[1].split()[0]
        subprocess.run(["ceph", "--conf", CONF, "osd", "blocklist", "add", watcher, "30"],
                       check=True, capture_output=True)
        for number in range(2, 200):
            data = bytes([number]) * 4096
            result = peer.execute(write10(0, 8), write=data)
            if not result.good:
                return
            self.assertEqual(self.stored(), data, "GOOD, and not stored")
        self.fail("nobody has noticed")

    def stored(self):
        path = f"{self.gateway.folder}/export"
        self.rbd("export", "--no-progress", self.image, path)
        with open(path, "rb") as file:
            data = file.read(4096)
        os.unlink(path)
        return data

    def hazard_29_image_that_grows(self):
        """Guards: the same of an image that `rbd resize` grows while it is served."""
        peer = self.start_on_image()
        self.rbd("resize", "--no-progress", "--size", "32M", self.image)
        wait_until("the capacity has changed", 10, lambda: peer.execute(
            TEST_UNIT_READY).sense_code == CAPACITY_CHANGED)
        self.assertEqual(peer.capacity(), (65536, 512))


if __name__ == "__main__":
    main()
