# SPDX-License-Identifier: LGPL-2.1-or-later
"""The room in which the tests of one host family play: a gateway with disks as the host finds them,
logins in two stages as hosts do them, and expectations in the words of the command set.

Every expectation says in its docstring who has it ("Source: ..."); what no source says is not asked
of the gateway. Each family runs on file LUNs, and on RBD LUNs when LUNGATE_TEST_CEPH_CONF names a
cluster.
"""

import contextlib
import os
import random
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "faults"))

# pylint: disable=wrong-import-position
import scsi  # noqa: E402
from gateway import TARGET, Gateway, file_lun, rbd_lun, wait_until  # noqa: E402
from peer import (FINAL, LOGIN_RESPONSE, TEST_UNIT_READY, Closed, Peer, inquiry,  # noqa: E402
                  keys, read16, write16)

MIB = 1 << 20
CONF = os.environ.get("LUNGATE_TEST_CEPH_CONF", "")
SECURITY, OPERATIONAL, FULL = 0, 1, 3
DISK_BYTES = 64 * MIB


def login_stage(peer, pairs, stage, following):
    """One login request, answered; returns the keys of the answer."""
    peer.send(peer.login_pdu(keys(**pairs), flags=FINAL | stage << 2 | following))
    answer = peer.receive()
    if answer.opcode != LOGIN_RESPONSE or answer.header[36:38] != b"\0\0":
        raise Closed(f"login refused: {answer.header[36:38].hex()}")
    assert answer.flags == FINAL | stage << 2 | following, f"stage: {answer.flags:#x}"
    return answer.text


def login(peer, who, terms):
    """Security stage (who) and operational stage (terms), then full feature phase. Returns the
    peer; what was agreed stands in peer.terms."""
    peer.terms = login_stage(peer, who, SECURITY, OPERATIONAL)
    peer.terms.update(login_stage(peer, terms, OPERATIONAL, FULL))
    peer.header_digest = peer.terms.get("HeaderDigest") == "CRC32C"
    peer.data_digest = peer.terms.get("DataDigest") == "CRC32C"
    return peer


@contextlib.contextmanager
def images(names):
    """Images of DISK_BYTES in the pool rbd while the block runs."""
    rbd = ["rbd", "--conf", CONF]
    made = []
    try:
        for name in names:
            subprocess.run([*rbd, "create", "--size", f"{DISK_BYTES // MIB}M", name], check=True)
            made.append(name)
        yield
    finally:
        for name in made:
            subprocess.run([*rbd, "rm", "--no-progress", name], check=False)


class HostTest(unittest.TestCase):
    """`DISKS`: what each LUN has beyond its store. `INITIATOR`: the family's usual name."""

    DISKS = ({}, {})
    ON_RBD = False
    INITIATOR = "iqn.2026-11.io.lungate:host"

    @classmethod
    def setUpClass(cls):
        if cls.ON_RBD and not os.path.exists(CONF):
            raise unittest.SkipTest("LUNGATE_TEST_CEPH_CONF names no cluster")
        names = [f"rbd/host{os.getpid()}-{number}" for number in range(len(cls.DISKS))]
        more = {}
        if cls.ON_RBD:
            cls.enterClassContext(images(names))
            more = {"ceph": {"conf": CONF, "user": "admin"}}
        luns = [rbd_lun(number, names[number], **disk) if cls.ON_RBD else
                file_lun(number, DISK_BYTES, **disk) for number, disk in enumerate(cls.DISKS)]
        cls.gateway = cls.enterClassContext(Gateway(luns=luns, **more))

    def setUp(self):
        self.seed = int(os.environ.get("LUNGATE_SEED", random.randrange(1 << 32)))
        self.dice = random.Random(self.seed)
        self.peers = []

    def tearDown(self):
        for peer in self.peers:
            peer.close()
        self.assertTrue(self.gateway.server.alive(), self.gateway.server.log_end())
        with Peer(self.gateway.portal) as peer:  # the next test finds no reservation
            peer.login(TARGET)
            for peer.lun in range(len(self.DISKS)):
                # RESERVE of a session that has ended is taken back a moment later.
                wait_until("the disk is nobody's", 10, lambda: peer.execute(TEST_UNIT_READY).good)
                self.reserve_out(peer, scsi.REGISTER_AND_IGNORE, action_key=0xC1EA2)
                self.assert_good(self.reserve_out(peer, scsi.CLEAR, key=0xC1EA2))

    # --- hosts ---

    def connect(self, **more):
        self.peers.append(Peer(self.gateway.portal, **{"initiator": self.INITIATOR, **more}))
        return self.peers[-1]

    def host(self, lun=0, **more):
        """A host that has logged in, as the family does, and taken its unit attentions."""
        raise NotImplementedError

    # --- acting ---

    def vpd(self, peer, page, length=255):
        return self.good(peer, inquiry(length, page), read=length)

    def limits(self, peer):
        return scsi.block_limits(self.vpd(peer, 0xB0))

    def naa(self, peer):
        return next(one.data for one in scsi.designators(self.vpd(peer, 0x83))
                    if (one.association, one.kind) == (scsi.OF_UNIT, scsi.NAA))

    def write(self, peer, lba, data, block=512):
        self.assert_good(peer.execute(write16(lba, len(data) // block), write=data))

    def read(self, peer, lba, blocks, block=512):
        return self.good(peer, read16(lba, blocks), read=blocks * block)

    def fill(self, peer, lba, blocks, block=512):
        """Random data, written there; returns them."""
        data = self.dice.randbytes(blocks * block)
        self.write(peer, lba, data, block)
        return data

    def unmap(self, peer, *extents):
        cdb, text = scsi.unmap(*extents)
        return peer.execute(cdb, write=text)

    def reserve_out(self, peer, action, *, key=0, action_key=0, kind=0, flags=0):
        return peer.execute(scsi.reserve_out(action, kind),
                            write=scsi.reserve_out_list(key, action_key, flags))

    def reservation(self, peer):
        return scsi.reservation(self.good(peer, scsi.reserve_in(1), read=0x2000))

    def registered(self, peer):
        """The registered keys, sorted."""
        return sorted(scsi.reservation_keys(self.good(peer, scsi.reserve_in(0), read=0x2000)))

    # --- expecting ---

    def assert_good(self, result):
        self.assertEqual((result.status, result.sense_code), (0, None), f"seed {self.seed}")

    def good(self, peer, cdb, **more):
        """The data of a command that must be good."""
        result = peer.execute(cdb, **more)
        self.assert_good(result)
        return result.data

    def assert_sense(self, result, wanted):
        self.assertEqual((result.status, result.sense_code), (2, wanted), f"seed {self.seed}")

    def assert_conflict(self, result):
        self.assertEqual(result.status, scsi.RESERVATION_CONFLICT, result)

    def attention(self, peer):
        """The sense of the unit attention that waits for this host."""
        result = peer.execute(bytes(6))
        self.assertEqual(result.status, 2, "no unit attention waits")
        return result.sense_code


def main():
    unittest.main(verbosity=2)
