#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A store that is full. What it has no room for ends with DATA PROTECT, SPACE ALLOCATION FAILED
WRITE PROTECT, by which ESX stuns the one machine that writes (VAAI's fifth primitive) and Windows
knows permanent resource exhaustion; what it has, is read and written on; and once there is room
again, so does the rest, in the same session.

Source: VMware KB 318923 (D:0x2, sense 0x7 0x27 0x7); "Nimble OS 2.1 - Part 10: VAAI Thin Provision
Stun" (machines that need no new blocks go on); Windows hardware compatibility,
Device.Storage.Hd.ThinProvisioning (PRE).
"""

import contextlib
import itertools
import os
import subprocess
import tempfile
import unittest

import scsi
from host import CONF, MIB, TARGET, Gateway, HostTest, file_lun, main, rbd_lun
from gateway import Server, programs, wait_until  # host.py has said where it is
from peer import Peer, write16

STORE = 24 * MIB
NAMESPACE = ("unshare", "-rm")  # with a mount that nobody else sees, and that nobody must undo
# Where the store has blocks, and where it needs new ones.
OLD, NEW, SPARE = 0, 32 * MIB // 512, 48 * MIB // 512


class FullFileSystem(Gateway):
    """Its LUN's file lies on a tmpfs of STORE bytes of its own."""

    def start(self):
        self.write_config()
        os.makedirs(f"{self.folder}/store")
        script = 'mount -t tmpfs -o size="$1" none "$2" && exec "$3" "$4"'
        self.server = Server([*NAMESPACE, "sh", "-c", script, "sh", str(STORE),
                              f"{self.folder}/store", f"{programs()}/lungate-target", self.config],
                             f"{self.folder}/target.log")
        status = self.server.wait_ready("serves, and its LUNs are ready", self.ready_status)
        self.port = int(status["portals"][0]["address"].rsplit(":", 1)[1])

    @property
    def ballast(self):
        """A file beside the LUN's, seen from here."""
        return f"/proc/{self.server.pid}/root{self.folder}/store/ballast"


def may_mount():
    with tempfile.TemporaryDirectory(prefix="lg-") as folder:
        return subprocess.run([*NAMESPACE, "mount", "-t", "tmpfs", "none", folder],
                              capture_output=True, check=False).returncode == 0


def ceph(*words):
    """What it printed."""
    return subprocess.run(["ceph", "--conf", CONF, *words], check=True, capture_output=True,
                          text=True).stdout


@contextlib.contextmanager
def pool():
    """A pool of one's own, with an image "one" of 64 MiB."""
    name = f"full{os.getpid()}"
    ceph("osd", "pool", "create", name, "8")
    try:
        ceph("osd", "pool", "application", "enable", name, "rbd")
        subprocess.run(["rbd", "--conf", CONF, "create", "--size", "64M", f"{name}/one"],
                       check=True)
        yield name
    finally:
        ceph("osd", "pool", "delete", name, name, "--yes-i-really-really-mean-it")


class FullStore(HostTest):
    """The stores have gateways of their own."""

    @classmethod
    def setUpClass(cls):
        pass

    def tearDown(self):
        for peer in self.peers:
            peer.close()

    def host(self, lun=0):
        self.peers.append(Peer(self.gateway.portal, timeout=60).login(TARGET))
        return self.peers[-1].ready()

    def put(self, peer, lba, data):
        return peer.execute(write16(lba, len(data) // 512), write=data)

    def assert_full(self, peer, old):
        """New blocks are refused by every way to write them; old ones are as they were."""
        for cdb, data in ((write16(NEW, 2048), b"n" * MIB), (scsi.write10(NEW, 2048), b"n" * MIB),
                          (scsi.write_same16(NEW, 2048), b"n" * 512),
                          (scsi.compare_and_write(NEW), bytes(512) + b"n" * 512)):
            with self.subTest(cdb=cdb.hex()):
                self.assert_sense(peer.execute(cdb, write=data), scsi.SPACE_ALLOCATION_FAILED)
        self.assertEqual(self.read(peer, OLD, 2048), old)

    def assert_old_blocks_work(self, peer):
        fresh = self.fill(peer, OLD, 2048)
        self.assertEqual(self.read(peer, OLD, 2048), fresh)
        self.assert_good(peer.execute(scsi.compare_and_write(OLD),
                                      write=fresh[:512] + b"h" * 512))  # the heartbeat of a VMFS

    @unittest.skipUnless(may_mount(), "no tmpfs of one's own without user namespaces")
    def test_file(self):
        lun = file_lun(0, 64 * MIB, name="store/lun0.img")
        with FullFileSystem(luns=[lun]) as self.gateway:
            peer = self.host()
            old = self.fill(peer, OLD, 2048)
            with open(self.gateway.ballast, "wb") as ballast:
                with self.assertRaises(OSError):
                    ballast.write(bytes(STORE))
            self.assert_full(peer, old)
            self.assert_old_blocks_work(peer)
            os.unlink(self.gateway.ballast)
            self.assert_good(self.put(peer, NEW, b"n" * MIB))
            self.assertEqual(self.gateway.stop(), 0)

    @unittest.skipUnless(os.path.exists(CONF), "LUNGATE_TEST_CEPH_CONF names no cluster")
    def test_rbd(self):
        """A pool at its quota."""
        with pool() as name, Gateway(luns=[rbd_lun(0, f"{name}/one")],
                                     ceph={"conf": CONF, "user": "admin"}) as self.gateway:
            peer = self.host()
            old = self.fill(peer, OLD, 2048)
            ceph("osd", "pool", "set-quota", name, "max_bytes", "1024")
            wait_until("the pool is full", 30,
                       lambda: f"'{name}' is full" in ceph("health", "detail"))
            spare = itertools.count(SPARE)  # block by block: each needs a little more
            wait_until("its OSDs know", 30,
                       lambda: not self.put(peer, next(spare), b"s" * 512).good)
            self.assert_full(peer, old)
            self.assert_old_blocks_work(peer)
            ceph("osd", "pool", "set-quota", name, "max_bytes", "0")
            wait_until("there is room again", 30, lambda: self.put(peer, NEW, b"n" * MIB).good)
            self.assertEqual(self.gateway.stop(), 0)


if __name__ == "__main__":
    main()
