#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A network that loses segments: nothing above TCP sees it, so the gateway asks TCP.

Everything here happens in a network namespace of its own, whose loopback interface is given a
queue that is too short."""

import os
import subprocess
import sys

from fault_test import MIB, FaultTest, main
from gateway import file_lun, wait_until
from peer import read10, write10

INSIDE = "LUNGATE_TEST_OWN_NETWORK"
BLOCKS = MIB // 512


def tc(*words):
    subprocess.run(["tc", "qdisc", *words], check=True)


class Path(FaultTest):
    LUNS = [file_lun(0, "64MiB")]

    def squeeze(self):
        tc("add", "dev", "lo", "root", "tbf", "rate", "100mbit", "burst", "8k", "limit", "16k")
        self.addCleanup(tc, "del", "dev", "lo", "root")

    def test_what_the_network_loses_is_counted(self):
        """Guards: Connection::look_at_path: bytes that TCP sends again, and what comes in disorder
        for one before it was lost, are counted at the portal and told of the session."""
        peer = self.session()
        self.squeeze()
        with self.counts("lungate_portal_retransmitted_bytes_total"):
            for _ in range(4):
                self.assertTrue(peer.execute(read10(0, BLOCKS), read=MIB).good)
        with self.counts("lungate_portal_out_of_order_segments_total"):
            for _ in range(4):
                data = os.urandom(MIB)
                self.assertTrue(peer.execute(write10(0, BLOCKS), write=data, edtl=MIB).good)
        session = wait_until("a look is over", 10, lambda: [
            one for one in self.gateway.control("sessions")["sessions"]
            if one["out_of_order_segments"] > 0][:1])[0]
        self.assertGreater(session["retransmitted_bytes"], 0)
        self.assertGreater(session["sent_bytes"], 4 * MIB)
        self.assertGreater(session["round_trip_us"], 0)

    def test_a_connection_that_ends_is_looked_at_once_more(self):
        """Guards: what is lost in the last second before the end: of so many short ones a look
        once a second would miss one at least."""
        self.squeeze()
        for _ in range(8):
            peer = self.session()
            with self.counts("lungate_portal_retransmitted_bytes_total"):
                self.assertTrue(peer.execute(read10(0, BLOCKS // 4), read=MIB // 4).good)
                peer.close()


if __name__ == "__main__":
    if INSIDE not in os.environ:
        script = 'ip link set lo mtu 1500 up && exec "$@"'
        alone = ["--net"] if os.geteuid() == 0 else ["--net", "--map-root-user"]
        os.execvpe("unshare", ["unshare", *alone, "sh", "-c", script, "sh", sys.executable,
                               *sys.argv], {**os.environ, INSIDE: "1"})
    main()
