# SPDX-License-Identifier: LGPL-2.1-or-later
"""Faults on the wire and of who is at its other end: corruption, silence, guesses, slowness."""

import contextlib
import resource
import time
import unittest

from stage import Faults, lab, raises  # first: it says where the others are
from chap import ChapLogin, chap_toml
from peer import COMMAND, FINAL, NOP_OUT, R2T, Closed, Peer, crc32c, pdu, read10, write10

DIGESTS = {"HeaderDigest": "CRC32C", "DataDigest": "CRC32C"}
IN_CLEAR = 0x16  # no opcode of an initiator
DELAY_S = 0.06  # above what reads and writes may take
KNOWN, SECRET = "iqn.2026-11.io.lungate:known", "secret-of-the-initiator"
NEXUS_SLOTS, CONNECTIONS_MAX = 4096, 2048


class Wire(Faults):
    MORE = {"iscsi": {"send_timeout_ms": 1000}}

    @raises("DigestErrors:warning", "DigestErrors:critical")
    def test_corrupted(self):
        """A bit that changed on the way, in headers and in data."""
        def corrupt():
            peer = self.peer(**DIGESTS)
            raw = pdu(NOP_OUT, immediate=True, itt=1, data=b"ping", w24=peer.cmd_sn)
            peer.send(raw[:48] + crc32c(raw[:48]) + raw[48:] + crc32c(b"pong"))
            peer.send(raw[:48] + crc32c(b"another header"))
            peer.wait_closed(2)
            peer.close()
        with self.again_and_again(corrupt):
            self.fires()
        self.resolves()

    @raises("SessionChurn:warning")
    def test_not_reading(self):
        """Clients that ask and do not read: the gateway gives them up."""
        def ask():
            peers = [self.peer(receive_buffer=4096) for _ in range(8)]
            for peer in peers:
                peer.socket.settimeout(0.2)
                with contextlib.suppress(Closed, OSError):
                    for number in range(64):
                        peer.send(pdu(COMMAND, flags=FINAL | 0x40, itt=0x1000 + number,
                                      ttt=256 * 1024, cdb=read10(0, 512),
                                      w24=peer.cmd_sn + number))
            time.sleep(2)  # beyond send_timeout_ms
            for peer in peers:
                peer.close()
        with self.again_and_again(ask):
            self.fires()
        self.resolves()

    @raises("ProtocolErrors:warning")
    def test_nonsense(self):
        def say():
            peer = self.peer()
            peer.send(pdu(IN_CLEAR, itt=1, w24=peer.cmd_sn))
            peer.send(pdu(COMMAND, flags=0x20 | FINAL, itt=2, ttt=512, data=b"x" * 4096,
                          cdb=write10(0, 1), w24=peer.cmd_sn))
            peer.wait_closed(0.2)
            peer.close()
        with self.again_and_again(say):
            self.fires()
        self.resolves()

    @raises("NetworkLatencyShare:info")
    def test_slow_network(self):
        """Data that is asked for and takes its time."""
        peer = self.peer(ImmediateData="No").ready()

        def write():
            itt = peer.start(write10(0, 8), write=bytes(4096), immediate_bytes=0)
            asked = peer.until(lambda got: got.opcode == R2T)[-1]
            time.sleep(DELAY_S)
            peer.send_data(asked, bytes(4096))
            peer.finish(itt)
        with self.again_and_again(write, 0.01):
            self.fires()
        self.resolves()

    @raises("SessionsGone:critical")
    def test_everybody_leaves(self):
        peer = self.peer().ready()
        self.scene.wait_scrapes(4)
        peer.logout()
        self.fires()
        peer = self.peer().ready()
        self.resolves()

    @raises("HostsGone:warning")
    def test_some_leave(self):
        """Two hosts of four lose power, and come back."""
        names = [f"{KNOWN}{number}" for number in range(4)]
        hosts = [self.peer(initiator=name).ready() for name in names]
        self.scene.wait_scrapes(6)
        for host in hosts[2:]:
            host.close()
        with self.again_and_again(lambda: [host.ping() for host in hosts[:2]], 1):
            self.fires()
            back = [self.peer(initiator=name).ready() for name in names[2:]]
            with self.again_and_again(lambda: [host.ping() for host in back], 1):
                self.resolves()

    @raises("InitiatorsWithoutSlot:info")
    def test_too_many_names(self):
        """One name more than there are counters, and another."""
        for number in range(NEXUS_SLOTS + 8):
            peer = self.peer(initiator=f"iqn.2026-11.io.lungate:n{number}")
            peer.ready().execute(read10(0, 1), read=512)
            peer.close()
        self.fires()
        self.resolves()


class Crowd(Faults):
    """More hosts than a gateway takes."""
    MORE = {"iscsi": {"connections_per_address_max": 0, "nop_interval_ms": 0}}

    @classmethod
    def setUpClass(cls):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = CONNECTIONS_MAX + 1024
        if most < wanted:
            raise unittest.SkipTest(f"no more than {most} descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
        super().setUpClass()

    @raises("HostsTurnedAway:warning")
    def test_full(self):
        hosts = []
        with contextlib.suppress(Closed):
            while len(hosts) <= CONNECTIONS_MAX:
                hosts.append(self.peer(initiator=f"{KNOWN}{len(hosts)}"))
        self.assertIn(len(hosts), range(CONNECTIONS_MAX // 2, CONNECTIONS_MAX + 1))
        with self.again_and_again(lambda: self.peer().close()):
            self.fires()
        for host in hosts:
            host.close()
        self.resolves()


class TwoPortals(Faults):
    MORE = {"more_portals": ["127.0.0.2:0"]}

    @raises("PortalIdle:warning")
    def test_one_is_not_used(self):
        address = self.gateway.control("status")["portals"][1]["address"]
        self.peer().ready()
        self.fires()
        with Peer(("127.0.0.2", int(address.rsplit(":", 1)[1]))):
            self.resolves()


class Strangers(Faults):
    """A forbidden name, in a loop."""
    MORE = {"more": f'\n[[target.initiator]]\niqn = "{KNOWN}"\n'}

    @raises("LoginFailures:warning", "AuthAttack:critical")
    def test_forbidden_name(self):
        with self.again_and_again(lambda: self.peer(initiator=KNOWN + "x"), 0.2):
            self.fires()
        self.resolves()


class Guesses(Faults):
    """A wrong secret, in a loop; its sources are turned away, and go on."""
    MORE = {"more": f'\n[target.chap]\n{chap_toml("host", SECRET)[2:-2].replace(", ", chr(10))}\n',
            "iscsi": {"failed_logins_max": 4, "login_refusal_ms": 3000}}

    def guess(self, source):
        with Peer(self.gateway.portal, source=source) as peer:
            login = ChapLogin(peer, lab.TARGET).ask()
            if login.status == 0:
                login.prove("host", SECRET + "x")

    @raises("LoginFailures:warning", "AuthAttack:critical")
    def test_wrong_secret(self):
        """From seven addresses, each more often than it may."""
        def all_guess():
            for number in range(2, 9):
                self.guess(f"127.0.0.{number}")
        with self.again_and_again(all_guess, 0.2):
            self.fires()
        self.resolves()


if __name__ == "__main__":
    unittest.main(verbosity=2)
