# SPDX-License-Identifier: LGPL-2.1-or-later
"""The little language of the fault tests.

Each test says in its first line which protection it guards ("Guards: ..."): with that taken out of
the gateway, the test must fail. Whatever a test did, afterwards the same process serves a fresh
initiator, and holds no more descriptors and hardly more memory than before.
"""

import contextlib
import os
import random
import unittest

from gateway import TARGET, Gateway, file_lun, wait_until
from peer import NO_TAG, Closed, Peer, read10

MIB = 1 << 20
SANITIZED = bool(os.environ.get("LUNGATE_SANITIZE"))
# What a test may leave behind: each of the two loops keeps up to 16 MiB of a buffer class for the
# next burst, allocators keep some; a leak or an unbounded queue is more.
MEMORY_GROWTH_MAX = (256 if SANITIZED else 64) * MIB


class FaultTest(unittest.TestCase):
    LUNS = [file_lun(0, "64MiB")]
    ISCSI = {}
    MORE = ""  # what else stands in the configuration

    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway(luns=cls.LUNS, iscsi=cls.ISCSI, more=cls.MORE)
        cls.addClassCleanup(cls.gateway.close)
        cls.gateway.exporter()
        for _ in range(3):  # what is allocated once is no growth
            cls.fresh_initiator_works()

    @classmethod
    def log_in(cls, peer):
        """As an honest initiator does it here."""
        return peer.login(TARGET)

    @classmethod
    def fresh_initiator_works(cls):
        with Peer(cls.gateway.portal, timeout=20) as peer:
            cls.log_in(peer).ready()
            result = peer.execute(read10(0, 8), read=4096)
            assert result.good and len(result.data) == 4096, result
            peer.logout()

    def setUp(self):
        self.seed = int(os.environ.get("LUNGATE_SEED", random.randrange(1 << 32)))
        random.seed(self.seed)
        if not self.gateway.server.alive():  # an earlier test has killed it, and said so
            self.gateway.start()
        self.pid = self.gateway.server.pid
        self.descriptors = self.gateway.server.descriptors()
        self.memory = self.gateway.server.memory_bytes()
        self.peers = []

    def tearDown(self):
        for peer in self.peers:
            peer.close()
        server = self.gateway.server
        self.assertTrue(server.alive(), f"the process has ended (seed {self.seed}):\n"
                                        f"{server.log_end()}")
        self.assertEqual(server.pid, self.pid)
        self.fresh_initiator_works()
        wait_until(f"descriptors back at {self.descriptors}", 10,
                   lambda: server.descriptors() <= self.descriptors)
        growth = server.memory_bytes() - self.memory
        self.assertLess(growth, MEMORY_GROWTH_MAX, "memory has grown")

    # --- acting ---

    def connect(self, **more):
        """A TCP connection, nothing said yet."""
        self.peers.append(Peer(self.gateway.portal, **more))
        return self.peers[-1]

    def session(self, **more):
        """A logged-in session with keys as given, its unit attentions taken."""
        options = {key: more.pop(key) for key in ("isid", "timeout", "receive_buffer")
                   if key in more}
        return self.connect(**options).login(TARGET, **more).ready()

    # --- expecting ---

    @contextlib.contextmanager
    def counts(self, name, at_least=1, **labels):
        """The counter moves while the block runs."""
        before = self.gateway.metric(name, **labels)
        yield
        wait_until(f"{name}{labels} counts {at_least} (seed {self.seed})", 10,
                   lambda: self.gateway.metric(name, **labels) >= before + at_least)

    @contextlib.contextmanager
    def memory_within(self, limit):
        """Also at the end of the block, while the peers are still there."""
        before = self.gateway.server.memory_bytes()
        yield
        growth = self.gateway.server.memory_bytes() - before
        self.assertLess(growth, limit + MEMORY_GROWTH_MAX, "memory has grown")

    def assert_closed(self, peer, within=5):
        self.assertTrue(peer.wait_closed(within), f"still connected (seed {self.seed})")

    def assert_closed_by(self, peer, *sent, within=5):
        """Sends, and expects the connection to end; it may end while we are still sending."""
        with contextlib.suppress(Closed):
            for raw in sent:
                peer.send(raw)
        self.assert_closed(peer, within)

    def assert_works(self, peer):
        """This very connection still serves."""
        result = peer.execute(read10(8, 1), read=512)
        self.assertTrue(result.good, f"{result} (seed {self.seed})")

    def assert_sense(self, result, key, asc, ascq=0):
        self.assertEqual((result.status, result.sense_code), (2, (key, asc, ascq)))


def loader():
    """Tests are called test_..., hazard_NN_... or regression_... (README.md)."""
    made = unittest.TestLoader()
    made.testMethodPrefix = ("test_", "hazard_", "regression_")
    return made


def main():
    unittest.main(verbosity=2, testLoader=loader())


__all__ = ["FaultTest", "main", "TARGET", "MIB", "NO_TAG", "Closed", "Peer"]
