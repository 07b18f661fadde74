# SPDX-License-Identifier: LGPL-2.1-or-later
"""Faults of what is below a LUN: slow, hung, full, cut, missing; and what initiators do then."""

import os
import shutil
import tempfile
import unittest

from stage import Faults, lab, raises  # first: it says where the others are
from hazards_copy_test import compare_and_write
from hazards_reservation_test import parameters, reserve_out
from hazards_store_test import SMALL, can_mount
from peer import ABORT_TASK, LUN_RESET, TASK_RESPONSE, read10, write10

BLOCK, PIECE, MIB = b"x" * 512, bytes(256 * 1024), 1 << 20
HUNG_MS = 40_000
BAD_LBA = 2048
ACQUIRE, EXCLUSIVE, KEY = 1, 3, 0x4C47
SLOW = ("--depth", "4", "--block-bytes", "4096", "--read-percent", "50")


class Slow(Faults):
    """Every I/O of LUN 0 takes 50 ms, where 10 and 20 are agreed; LUN 1 hangs; 2 takes 1.5 s."""
    LUNS = [lab.file_lun(0, "16MiB", test_delay_ms=50),
            lab.file_lun(1, "16MiB", test_delay_ms=HUNG_MS),
            lab.file_lun(2, "16MiB", test_delay_ms=1500)]

    @raises("LatencyBudgetBurnFast:critical", "LatencyBudgetBurnSlow:warning",
            "LatencyBudgetBurnLong:warning", "LatencyBudgetBurnLong:info",
            "BackendLatencyShare:info")
    def test_slow(self):
        with self.load(*SLOW):
            self.fires()
        self.resolves()

    @raises("GreedyInitiator:info")
    def test_one_takes_most(self):
        modest = ("--initiator", "iqn.2026-11.io.lungate:modest", "--depth", "1", "--iops-max", "2")
        with self.load(*SLOW, "--initiator", "iqn.2026-11.io.lungate:greedy"), self.load(*modest):
            self.fires()
        self.resolves()

    @raises("StuckIO:warning", "StuckIO:critical")
    def test_hangs(self):
        peer = self.peer(lun=1)
        peer.start(bytes(6))
        peer.start(write10(0, 1), write=BLOCK)
        self.fires()
        self.resolves()

    @raises("TaskAborts:warning", "LunReset:critical")
    def test_aborted(self):
        """What a host does when it has waited for too long: aborts, then a reset."""
        peer = self.peer(lun=2, timeout=30).ready()
        tags = [(peer.start(write10(8 * number, 1), write=BLOCK), peer.cmd_sn - 1)
                for number in range(9)]
        asked = [peer.manage(ABORT_TASK, ref_itt=itt, ref_cmd_sn=number) for itt, number in tags]
        waiting = set(asked)
        while waiting:
            waiting.discard(peer.until(lambda got: got.opcode == TASK_RESPONSE)[-1].itt)
        reset = peer.manage(LUN_RESET)
        peer.until(lambda got: got.opcode == TASK_RESPONSE and got.itt == reset)
        self.fires()
        self.resolves()


class SmallWindow(Faults):
    LUNS = [lab.file_lun(0, "16MiB", test_delay_ms=50)]
    MORE = {"iscsi": {"command_window": 4}}

    @raises("CommandWindowFull:warning")
    def test_window(self):
        """More to do than the window takes."""
        with self.load("--depth", "128", "--block-bytes", "4096"):
            self.fires()
        self.resolves()


@unittest.skipUnless(shutil.which("qemu-storage-daemon") and os.access("/dev/fuse", os.W_OK),
                     "nothing to make a bad disk of")
class BadDisk(Faults):
    """A disk with one sector that cannot be read: a file that QEMU serves, and breaks."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lg-", dir="/tmp")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        for name in ("good", "bad"):
            with open(f"{cls.folder}/{name}", "wb") as file:
                file.truncate(16 << 20)
        bad = ("driver=blkdebug,image=good,node-name=bad,inject-error.0.event=none,"
               f"inject-error.0.iotype=read,inject-error.0.errno=5,inject-error.0.sector={BAD_LBA}")
        export = f"type=fuse,id=e,node-name=bad,mountpoint={cls.folder}/bad,writable=on"
        server = lab.Server(["qemu-storage-daemon", "--blockdev",
                             f"driver=file,filename={cls.folder}/good,node-name=good",
                             "--blockdev", bad, "--export", export], f"{cls.folder}/log")
        cls.addClassCleanup(server.stop)
        server.wait_ready("serves", lambda: os.path.ismount(f"{cls.folder}/bad"))
        cls.LUNS = [{"id": 0, "file": f"{cls.folder}/bad"}]
        super().setUpClass()

    @raises("LunErrors:critical")
    def test_bad_sector(self):
        peer = self.peer().ready()
        with self.again_and_again(lambda: peer.execute(read10(BAD_LBA, 8), read=4096), 0.5):
            self.fires()
        self.resolves()


class Missing(Faults):
    @raises("LunOffline:critical", "ErrorBudgetBurnFast:critical", "ErrorBudgetBurnSlow:warning")
    def test_missing(self):
        """A LUN whose file is not there, and a host that goes on asking."""
        path = f"{self.gateway.folder}/lost.img"
        self.gateway.luns.append({"id": 1, "file": path})
        self.gateway.reload()
        peer = self.peer(lun=1)
        with self.again_and_again(lambda: peer.execute(read10(0, 8), read=4096)):
            self.fires()
        with open(path, "wb") as file:
            file.truncate(1 << 20)
        self.resolves()
        self.gateway.luns.pop()
        self.gateway.reload()

    @raises("MetricsMissing:warning")
    def test_removed(self):
        """The last LUN is taken away."""
        taken = self.gateway.luns.pop()
        self.gateway.reload()
        self.fires()
        self.gateway.luns.append(taken)
        self.gateway.reload()
        self.resolves()


@unittest.skipUnless(can_mount(), "no name space to mount in")
class Full(Faults):
    LUNS = [lab.file_lun(0, "16MiB", name="small/lun0.img")]
    MORE = {"under": SMALL}

    @raises("WritesRefused:critical", "PlaceNearlyFull:warning", "PlaceNearlyFull:critical")
    def test_full(self):
        """A file system of 2 MiB under a disk of 16."""
        peer = self.peer().ready()
        for at in range(9):
            peer.execute(write10(512 * at, 512), write=PIECE)
        with self.again_and_again(lambda: peer.execute(write10(12000, 512), write=PIECE)):
            self.fires()
        unmap = b"\x93\x08" + bytes(8) + (32768).to_bytes(4, "big") + b"\0\0"
        self.assertTrue(peer.execute(unmap, write=bytes(512)).good)
        self.resolves()


class Shared(Faults):
    """Two hosts that want the same."""

    @raises("ReservationConflicts:warning")
    def test_reserved(self):
        holder, other = self.peer().ready(), self.peer().ready()
        register = parameters(new=KEY)
        self.assertTrue(holder.execute(reserve_out(0), write=register).good)
        held = parameters(key=KEY)
        self.assertTrue(holder.execute(reserve_out(ACQUIRE, kind=EXCLUSIVE), write=held).good)
        with self.again_and_again(lambda: other.execute(write10(0, 1), write=BLOCK), 0.02):
            self.fires()
        self.assertTrue(holder.execute(reserve_out(0), write=parameters(key=KEY)).good)
        self.resolves()

    @raises("Miscompares:warning")
    def test_compares(self):
        peer = self.peer().ready()
        wrong = b"w" * 512 + b"n" * 512
        with self.again_and_again(lambda: peer.execute(compare_and_write(0, 1), write=wrong)):
            self.fires()
        self.resolves()

    @raises("QueueFull:warning")
    def test_more_than_memory(self):
        """Writes of more data than the buffers of a connection hold, and no data."""
        def flood():
            peer = self.peer(ImmediateData="No", MaxBurstLength=MIB).ready()
            for _ in range(80):  # 64 MiB are what it takes
                peer.start(write10(0, 2048), write=bytes(MIB), immediate_bytes=0)
            peer.ping()
            peer.close()
        with self.again_and_again(flood, 0.2):
            self.fires()
        self.resolves()


if __name__ == "__main__":
    unittest.main(verbosity=2)
