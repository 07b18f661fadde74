#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Target and exporter come and go in any order: the page says what is there, and nobody else
notices."""

import os
import unittest

from fault_test import main
from gateway import TARGET, Gateway, Server, file_lun, free_port, programs, samples, scrape
from peer import Peer, read10

READS = 50


class Exporter:
    """One more exporter of a gateway's segment, on a port of its own."""

    def __init__(self, gateway):
        self.port = free_port()
        self.server = Server(command(gateway, self.port), f"{gateway.folder}/{self.port}.log")
        self.server.wait_ready("answers", lambda: scrape(self.port))

    def page(self):
        return samples(scrape(self.port) or "")

    def metric(self, name, **labels):
        """The one series of that name with those labels; None when there is none."""
        found = [value for given, has, value in self.page()
                 if given == name and labels.items() <= has.items()]
        assert len(found) <= 1, (name, found)
        return found[0] if found else None

    def up(self):
        return self.metric("lungate_shm_up")

    def reads(self):
        return self.metric("lungate_lun_op_duration_seconds_count", op="read")

    def counted(self):
        """What is the same at each scrape while nothing is done."""
        return {(name, *sorted(labels.items())): value for name, labels, value in self.page()
                if name.startswith(("lungate_lun_op", "lungate_lun_bytes", "lungate_initiator",
                                    "lungate_login", "lungate_shm_generation"))}


def command(gateway, port):
    return [f"{programs()}/lungate-exporter", "--segment", gateway.segment,
            "--listen", f"127.0.0.1:{port}"]


class Order(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway(luns=[file_lun(0, "16MiB")])
        self.addCleanup(self.gateway.close)

    def exporter(self):
        made = Exporter(self.gateway)
        self.addCleanup(made.server.stop)
        return made

    def read(self):
        with Peer(self.gateway.portal) as peer:
            peer.login(TARGET).ready()
            for lba in range(READS):
                self.assertTrue(peer.execute(read10(lba, 1), read=512).good)
            peer.logout()

    def test_exporter_first(self):
        """Guards: a segment is looked for at each scrape, and its absence is an answer."""
        self.gateway.stop()
        if os.path.exists(self.gateway.segment):
            os.unlink(self.gateway.segment)  # as on a host where no target ever ran
        exporter = self.exporter()
        self.assertEqual(exporter.up(), 0)
        self.assertEqual(exporter.metric("lungate_shm_fault", reason="absent"), 1)
        self.gateway.start()
        self.assertEqual(exporter.up(), 1)
        self.assertEqual(exporter.metric("lungate_shm_fault", reason="absent"), 0)
        self.read()
        self.assertEqual(exporter.reads(), READS)

    def test_exporter_last(self):
        """Guards: what was counted before the exporter came, or while it was away, is shown."""
        self.read()
        first = self.exporter()
        self.assertEqual(first.reads(), READS)
        first.server.kill()
        self.read()
        self.assertEqual(self.exporter().reads(), 2 * READS)
        self.assertTrue(self.gateway.server.alive())

    def test_two_side_by_side(self):
        """Guards: a reader takes nothing from the segment, nor from another reader."""
        self.read()
        pair = self.exporter(), self.exporter()
        shown = [exporter.counted() for exporter in pair]
        self.assertEqual(shown[0], shown[1])
        self.assertGreater(len(shown[0]), 50)
        pair[0].server.stop()
        self.assertEqual(pair[1].counted(), shown[1])

    def test_second_on_the_same_port(self):
        """Guards: an exporter that cannot have its address says so and ends; the first serves."""
        exporter = self.exporter()
        log = f"{self.gateway.folder}/second.log"
        second = Server(command(self.gateway, exporter.port), log)
        self.assertEqual(second.process.wait(30), 1)
        said = second.log_end()
        self.assertIn("cannot_listen", said)
        self.assertIn(f"127.0.0.1:{exporter.port}", said)
        self.assertEqual(exporter.up(), 1)

    def test_target_killed_and_started_again(self):
        """Guards: a dead target's figures end, and its successor's are not its own continued."""
        pair = self.exporter(), self.exporter()
        self.read()
        before = [exporter.metric("lungate_shm_generation") for exporter in pair]
        self.gateway.kill()
        for exporter in pair:
            self.assertEqual(exporter.up(), 0)
            self.assertEqual(exporter.metric("lungate_shm_fault", reason="dead"), 1)
            self.assertIsNone(exporter.reads(), "figures of a dead target")
        self.gateway.start()
        self.read()
        for exporter, old in zip(pair, before):
            self.assertEqual(exporter.up(), 1)
            self.assertNotEqual(exporter.metric("lungate_shm_generation"), old)
            self.assertEqual(exporter.reads(), READS)
            self.assertTrue(exporter.server.alive())


if __name__ == "__main__":
    main()
