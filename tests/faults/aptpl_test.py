#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Persistent reservations and kill -9: what was registered with APTPL is there after a restart, and
shuts out whom it shut out before; what was registered without is gone.

On a file LUN; and on an RBD LUN when LUNGATE_TEST_CEPH_CONF names a cluster.
"""

import contextlib
import json
import os
import struct
import subprocess
import tempfile
import unittest

from fault_test import TARGET, Peer, main
from gateway import Gateway, file_lun, rbd_lun, wait_until
from peer import read10, write10
from reserve_out import CLEAR, REGISTER, RELEASE, RESERVE, parameters, reserve_out

CONF = os.environ.get("LUNGATE_TEST_CEPH_CONF", "")
KEY_A, KEY_B = 0xABC0001, 0xABC0002
RESERVATION_CONFLICT = 0x18
NOT_READY = 2
# SPC-4, table 206
WRITE_EXCLUSIVE_REGISTRANTS_ONLY, WRITE_EXCLUSIVE_ALL_REGISTRANTS = 5, 7
READ_KEYS, READ_RESERVATION, CAPABILITIES, READ_FULL_STATUS = 0, 1, 2, 3
BLOCK = bytes(range(256)) * 2


class Node(Peer):
    """An initiator that is the same I_T nexus whenever it logs in: one name, one ISID."""

    def __init__(self, gateway, letter):
        super().__init__(gateway.portal, timeout=30, isid=b"\x80LUNG" + letter.encode(),
                         initiator=f"iqn.2026-11.io.lungate:{letter}")
        self.login(TARGET).ready()

    def out(self, action, *, key=0, new_key=0, kind=0, aptpl=False):
        return self.execute(reserve_out(action, kind), write=parameters(key, new_key, aptpl))

    def persistent_in(self, action):
        result = self.execute(struct.pack(">BB5xHx", 0x5E, action, 4096), read=4096)
        assert result.good, result
        return result.data

    def keys(self):
        generation, size = struct.unpack_from(">II", data := self.persistent_in(READ_KEYS))
        return generation, [key for key, in struct.iter_unpack(">Q", data[8:8 + size])]

    def reservation(self):
        """(key of the holder, type), or None."""
        data = self.persistent_in(READ_RESERVATION)
        return (struct.unpack_from(">Q", data, 8)[0], data[21]) if len(data) > 8 else None

    def full_status(self):
        """What of each registrant is to be the same later, without the generation."""
        return self.persistent_in(READ_FULL_STATUS)[4:]

    def persists(self):
        return bool(self.persistent_in(CAPABILITIES)[3] & 1)

    def writes(self):
        """The status of a write."""
        return self.execute(write10(0, 1), write=BLOCK).status

    def reads(self):
        return self.execute(read10(0, 1), read=512).status


@contextlib.contextmanager
def nodes(gateway, letters):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Node(gateway, letter)) for letter in letters]


def restart(gateway):
    gateway.kill()
    gateway.start()
    gateway.wait_lun_ready()


class PatientGateway(Gateway):
    """Counts as started when it serves, whether its LUNs are ready or not."""

    def ready_status(self):
        status = self.control("status")
        return status if status and status["state"] == "serving" else None

    def lun(self):
        return self.control("status")["targets"][0]["luns"][0]

    def wait_lun_ready(self):
        wait_until("the LUN is ready", 30, lambda: self.lun()["state"] == "ready")


class Cases:
    """What holds for every kind of store."""

    def start_cluster(self, kind):
        """Nodes A and B are in it, by node A's reservation: what it must look like later."""
        with nodes(self.gateway, "ab") as (a, b):
            self.assertTrue(a.out(REGISTER, new_key=KEY_A, aptpl=True).good)
            self.assertTrue(b.out(REGISTER, new_key=KEY_B, aptpl=True).good)
            self.assertTrue(a.out(RESERVE, key=KEY_A, kind=kind).good)
            return a.full_status()

    def cluster_survives(self, kind):
        before = self.start_cluster(kind)
        restart(self.gateway)
        with nodes(self.gateway, "abc") as (a, b, c):
            generation, keys = c.keys()
            self.assertEqual(generation, 0)  # SPC-4, 6.15.2: of the power on
            self.assertEqual(sorted(keys), [KEY_A, KEY_B])
            holder = 0 if kind == WRITE_EXCLUSIVE_ALL_REGISTRANTS else KEY_A
            self.assertEqual(c.reservation(), (holder, kind))
            self.assertEqual(c.full_status(), before)
            self.assertTrue(c.persists())
            self.assertEqual((a.writes(), b.writes(), c.writes()), (0, 0, RESERVATION_CONFLICT))
            self.assertEqual(c.reads(), 0)
            self.assertEqual(c.out(CLEAR, key=KEY_A).status, RESERVATION_CONFLICT)
            self.assertTrue(a.out(RELEASE, key=KEY_A, kind=kind).good)
            self.assertEqual(c.writes(), 0)
        restart(self.gateway)
        with nodes(self.gateway, "c") as (c,):
            self.assertEqual(sorted(c.keys()[1]), [KEY_A, KEY_B])
            self.assertIsNone(c.reservation())
            self.assertEqual(c.writes(), 0)

    def test_registrants_only(self):
        """Guards: registrations and reservation are stored before GOOD, and loaded at the start."""
        self.cluster_survives(WRITE_EXCLUSIVE_REGISTRANTS_ONLY)

    def test_all_registrants(self):
        """Guards: as above, where nobody in particular is the holder."""
        self.cluster_survives(WRITE_EXCLUSIVE_ALL_REGISTRANTS)

    def test_without_aptpl(self):
        """Guards: what was not asked to persist does not."""
        with nodes(self.gateway, "ac") as (a, c):
            self.assertTrue(a.out(REGISTER, new_key=KEY_A).good)
            self.assertTrue(a.out(RESERVE, key=KEY_A, kind=5).good)
            self.assertFalse(a.persists())
            self.assertEqual(c.writes(), RESERVATION_CONFLICT)
        self.assert_nothing_after_restart()

    def test_the_last_word_counts(self):
        """Guards: one REGISTER without APTPL, and nothing persists any more (SPC-4, 5.13.5.1)."""
        with nodes(self.gateway, "ab") as (a, b):
            self.assertTrue(a.out(REGISTER, new_key=KEY_A, aptpl=True).good)
            self.assertTrue(a.out(RESERVE, key=KEY_A, kind=5).good)
            self.assertTrue(a.persists())
            self.assertTrue(b.out(REGISTER, new_key=KEY_B).good)
            self.assertFalse(a.persists())
        self.assert_nothing_after_restart()

    def assert_nothing_after_restart(self):
        restart(self.gateway)
        with nodes(self.gateway, "c") as (c,):
            self.assertEqual(c.keys(), (0, []))
            self.assertIsNone(c.reservation())
            self.assertEqual(c.writes(), 0)

    def test_killed_at_once(self):
        """Guards: GOOD comes after the store has it: the process has no time for anything else."""
        key = 0
        for turn in range(4):
            node = Node(self.gateway, "a")
            self.assertTrue(node.out(REGISTER, key=key, new_key=turn + 1, aptpl=True).good)
            restart(self.gateway)
            node.close()
            key = turn + 1
            with nodes(self.gateway, "a") as (a,):
                self.assertEqual(a.keys()[1], [key])

    def test_damaged_state(self):
        """Guards: a LUN whose reservations cannot be read stays offline, instead of letting in whom
        they keep out; and it is there again when they are."""
        self.start_cluster(WRITE_EXCLUSIVE_REGISTRANTS_ONLY)
        self.gateway.kill()
        good = self.load()
        for name, bad in damaged(good):
            with self.subTest(name):
                self.store(bad)
                self.gateway.start()
                try:
                    self.assert_offline()
                finally:
                    self.gateway.kill()
        self.store(good)
        self.gateway.start()
        self.gateway.wait_lun_ready()
        with nodes(self.gateway, "ac") as (a, c):
            self.assertEqual((a.writes(), c.writes()), (0, RESERVATION_CONFLICT))

    def assert_offline(self):
        wait_until("the LUN is offline", 30, lambda: self.gateway.lun()["state"] == "offline")
        self.assertIn("stored state", self.gateway.lun()["reason"])
        with Peer(self.gateway.portal, timeout=30) as peer:
            peer.login(TARGET)
            for _ in range(4):  # a unit attention or two come first
                result = peer.execute(write10(0, 1), write=BLOCK)
                self.assertFalse(result.good, result)
            self.assertEqual(result.sense_code[0], NOT_READY, result)


def damaged(good):
    """(what was done to it, what is there instead)"""
    yield "cut in half", good[:len(good) // 2]
    yield "cut short by a byte", good[:-1]
    yield "empty", b""
    yield "zeros", bytes(len(good))
    state = json.loads(good)
    yield "of another version", json.dumps({**state, "version": 99}).encode()
    yield "no holder", json.dumps({**state, "holder": 7}).encode()
    one = {**state["registrations"][0], "key": "0" * 16}
    yield "a key that is none", json.dumps({**state, "registrations": [one]}).encode()


class OnFile(Cases, unittest.TestCase):
    def setUp(self):
        self.gateway = PatientGateway(luns=[file_lun(0, "64MiB")])
        self.addCleanup(self.gateway.close)
        self.path = f"{self.gateway.folder}/lun0.img.lungate-state"

    def load(self):
        with open(self.path, "rb") as state:
            return state.read()

    def store(self, state):
        with open(self.path, "wb") as file:
            file.write(state)


@unittest.skipUnless(os.path.exists(CONF), "LUNGATE_TEST_CEPH_CONF names no cluster")
class OnRbd(Cases, unittest.TestCase):
    def setUp(self):
        image = f"rbd/aptpl{os.getpid()}"
        self.rbd("create", "--size", "64M", image)
        self.addCleanup(self.rbd, "rm", "--no-progress", image)
        identity = json.loads(self.rbd("info", "--format", "json", image))["id"]
        self.object = f"lungate_state.{identity}"
        self.gateway = PatientGateway(luns=[rbd_lun(0, image)],
                                      ceph={"conf": CONF, "user": "admin"})
        self.addCleanup(self.gateway.close)

    @staticmethod
    def rbd(*words):
        return subprocess.run(["rbd", "--conf", CONF, *words], check=True, stdout=subprocess.PIPE,
                              ).stdout

    def load(self):
        with tempfile.NamedTemporaryFile() as file:
            self.omap("getomapval", self.object, "state", file.name)
            return file.read()

    def store(self, state):
        with tempfile.NamedTemporaryFile() as file:
            file.write(state)
            file.flush()
            self.omap("setomapval", self.object, "state", "--input-file", file.name)

    @staticmethod
    def omap(*words):
        subprocess.run(["rados", "--conf", CONF, "--pool", "rbd", *words], check=True,
                       stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
