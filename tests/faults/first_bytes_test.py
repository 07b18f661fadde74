#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What arrives before a login, from port scanners, lost browsers and attackers."""

import contextlib
import random
import resource
import time

from fault_test import MIB, TARGET, Closed, FaultTest, Peer, main
from gateway import wait_until
from peer import LOGIN, keys, pdu

TLS_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(190)
BANNERS = {"http": b"GET /metrics HTTP/1.1\r\nHost: gateway\r\nUser-Agent: curl/7.88.1\r\n\r\n",
           "tls": TLS_HELLO,
           "ssh": b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n" + b"\0" * 24,
           "zeros": bytes(4096),
           "ones": b"\xff" * 4096}


PLACES = 2100  # more than limits::kConnectionsMax
DISCOVERY_PLACES = 64  # limits::kDiscoverySessionsMax


class FirstBytes(FaultTest):
    # The bounds of the whole gateway: one source's are login_limits_test.py's.
    ISCSI = {"login_timeout_ms": 3000, "connections_per_address_max": 0,
             "logins_per_address_max": 0}

    @classmethod
    def setUpClass(cls):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        super().setUpClass()

    def hazard_04_other_protocols(self):
        """Guards: the first PDU is a Login request (RFC 7143, 11.13), or the peer is closed."""
        for name, banner in BANNERS.items():
            with self.subTest(name), self.counts("lungate_logins_total", result="protocol"):
                self.assert_closed_by(self.connect(), banner, within=2)

    def hazard_04_random_bytes(self):
        """Guards: the same, for what nobody thought of."""
        for _ in range(30):
            noise = bytes((random.randrange(256) & 0xBF | 0x08,)) + random.randbytes(2047)
            self.assert_closed_by(self.connect(), noise, within=5)

    def regression_spdk_3927_every_opcode_before_login(self):
        """Guards: no opcode but Login reaches a handler before login (hazard 04)."""
        opcodes = [opcode for opcode in range(0x40) if opcode != LOGIN]
        with self.counts("lungate_logins_total", at_least=len(opcodes), result="protocol"):
            for opcode in opcodes:
                with self.subTest(opcode=hex(opcode)):
                    peer = self.connect()
                    # But for its opcode it would be a whole login.
                    login = bytearray(peer.login_pdu(keys(**peer.login_keys(TARGET))))
                    login[0] = opcode
                    with contextlib.suppress(Closed):
                        peer.send(bytes(login))
                        self.assertIsNone(peer.receive(2), "it was answered")

    def hazard_01_length_bomb_before_login(self):
        """Guards: DataSegmentLength is held against 8 KiB before a byte is allocated or awaited."""
        with self.memory_within(16 * MIB):
            for opcode in range(0x40):
                with self.subTest(opcode=hex(opcode)):
                    bomb = pdu(opcode, immediate=True, flags=0x87, itt=1, dsl=0xFFFFFF)
                    self.assert_closed_by(self.connect(), bomb, within=2)

    def hazard_01_login_one_byte_over_8_kib(self):
        """Guards: the bound before negotiation is exactly 8,192 bytes (RFC 7143, 13.12)."""
        over = self.connect()
        self.assert_closed_by(over, over.login_pdu(b"", dsl=8193), within=2)

    def regression_cve_2011_0001_additional_headers_of_a_login(self):
        """Guards: TotalAHSLength is bounded, alone and with the data behind it; a login has no
        additional header (hazard 02)."""
        for words in (1, 4, 64, 68, 69, 255):
            with self.subTest(words=words):
                peer = self.connect()
                self.assert_closed_by(peer, peer.login_pdu(b"", ahs=b"\xff" * 4 * words), within=4)
        for words, size in ((255, 0xFFFFFF), (255, 8192), (1, 0xFFFFFF), (68, 8192)):
            with self.subTest(words=words, size=size):
                peer = self.connect()
                self.assert_closed_by(peer, peer.login_pdu(b"", ahs_words=words, dsl=size) +
                                      bytes(4 * words + 8192), within=4)

    def hazard_10_silence(self):
        """Guards: the login timer runs from accept on."""
        with self.counts("lungate_logins_total", result="timeout"):
            begin = time.monotonic()
            self.assert_closed(self.connect(), within=6)
            self.assertGreater(time.monotonic() - begin, 2)

    def hazard_10_one_byte_at_a_time(self):
        """Guards: the login timer is not restarted by bytes that arrive."""
        peer = self.connect()
        login = peer.login_pdu(b"InitiatorName=iqn.slow\0")
        end = time.monotonic() + 6
        with contextlib.suppress(Closed):
            for byte in login:
                if peer.wait_closed(0.25):
                    break
                self.assertLess(time.monotonic(), end, "a slow login is not cut off")
                peer.send(bytes((byte,)))

    def hazard_10_half_open_connections(self):
        """Guards: connections that never log in cost little, end, and keep nobody else out."""
        with self.memory_within(32 * MIB):
            flood = [self.connect() for _ in range(200)]
            for peer in flood[::2]:
                peer.send(b"\x43")
            self.fresh_initiator_works()
            for peer in flood:
                self.assert_closed(peer, within=8)

    def hazard_10_flood_beyond_the_places_of_logins(self):
        """Guards: connections in login have places of their own; the oldest gives way."""
        with self.counts("lungate_logins_total", at_least=1000, result="limit"):
            flood = [self.connect() for _ in range(PLACES)]
            self.assert_closed(flood[0], within=2)
            self.fresh_initiator_works()

    def hazard_10_flood_of_discovery_sessions(self):
        """Guards: discovery sessions, for which nobody needs access, are few; the oldest ends."""
        before = self.session()
        flood = [self.connect().login(None) for _ in range(PLACES)]
        self.assertLessEqual(self.gateway.metric("lungate_discovery_sessions"),
                             DISCOVERY_PLACES + 2)
        self.fresh_initiator_works()
        self.assert_closed(flood[0])
        flood[-1].ping()
        self.assert_works(before)

    def hazard_10_connect_and_reset(self):
        """Guards: a connection that is gone before it is accepted, or in mid-PDU, is nobody's."""
        for cut in (0, 1, 47, 48, 60) * 20:
            peer = Peer(self.gateway.portal)
            peer.send(peer.login_pdu(b"InitiatorName=iqn.gone\0TargetName=x\0")[:cut])
            peer.reset()
        wait_until("the connections are gone", 5,
                   lambda: self.gateway.metric("lungate_connections") == 0)

    def test_logged_in_peer_is_not_hit_by_the_login_timer(self):
        """Guards: the timer ends with the login."""
        peer = self.session()
        self.assertFalse(peer.wait_closed(3.5))
        self.connect().login(TARGET)
        self.assert_works(peer)


if __name__ == "__main__":
    main()
