#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Logins that are iSCSI and wrong: keys without end, stages that do not exist, names that bite."""

import contextlib

from fault_test import MIB, TARGET, FaultTest, main
from peer import CONTINUE, FINAL, IMMEDIATE, LOGIN, LOGIN_RESPONSE, TEXT, Closed, keys, pdu

OPERATIONAL_TO_FULL = FINAL | 1 << 2 | 3
SECURITY = 0 << 2
OPERATIONAL = 1 << 2
ANSWER_BYTES_MAX = 8192
KEYS_MAX = 64  # limits::kTextKeysMax


class Login(FaultTest):
    ISCSI = {"login_timeout_ms": 4000}

    def status_of(self, peer, raw):
        """Status class and detail of the answer, or None when the connection just ends."""
        with contextlib.suppress(Closed):
            peer.send(raw)
            answer = peer.receive()
            self.assertEqual(answer.opcode, LOGIN_RESPONSE)
            self.assertLessEqual(len(answer.data), ANSWER_BYTES_MAX)
            return int.from_bytes(answer.header[36:38], "big")
        return None

    def assert_refused(self, peer, raw, *statuses):
        """With one of these statuses if given; and the connection ends in any case."""
        status = self.status_of(peer, raw)
        self.assertNotEqual(status, 0)
        if statuses and status is not None:
            self.assertIn(hex(status), [hex(one) for one in statuses])
        self.assert_closed(peer)

    def names(self, peer, **more):
        return keys(**peer.login_keys(TARGET, AuthMethod=None, **more))

    # --- how much text ---

    def test_many_unknown_keys(self):
        """Guards: keys per negotiation are counted; answers are bounded (LIO bf33e01f88388)."""
        for count in (900, KEYS_MAX + 1):
            for flags in (OPERATIONAL_TO_FULL, OPERATIONAL, SECURITY):
                peer = self.connect()
                self.assert_refused(peer, peer.login_pdu(self.padded_to(count, peer), flags=flags))
        peer = self.connect()
        self.assertEqual(self.status_of(peer, peer.login_pdu(self.padded_to(KEYS_MAX, peer))), 0)

    def padded_to(self, count, peer):
        """A complete login with so many keys, the rest of them unknown."""
        names = self.names(peer)
        return names + b"".join(b"a%d=b\0" % number for number in range(count - names.count(b"\0")))

    def test_long_key_name(self):
        """Guards: key names have at most 63 bytes (CVE-2013-2850)."""
        for size in (64, 255, 8000):
            peer = self.connect()
            self.assert_refused(peer, peer.login_pdu(b"k" * size + b"=v\0"))

    def test_malformed_text(self):
        """Guards: text without '=', without an end, with empty or doubled keys is refused."""
        whole = self.names(self.connect())
        for text in (b"\0\0\0\0", b"InitiatorName", b"=value\0", whole[:-1], whole + whole,
                     b"\xff\xfe=\x01\0", whole + b"=\0"):
            peer = self.connect()
            status = self.status_of(peer, peer.login_pdu(text))
            self.assertNotEqual(status, 0, text[:40])

    def test_continued_text_without_end(self):
        """Guards: text collected over C bits is bounded (13.12 says nothing; we say 64 KiB)."""
        peer = self.connect()
        piece = b"X-lungate-test=" + b"v" * 8000
        with self.memory_within(16 * MIB), contextlib.suppress(Closed):
            for _ in range(200):
                peer.send(peer.login_pdu(piece, flags=CONTINUE | OPERATIONAL))
                if peer.receive().header[36] != 0:
                    break
            else:
                self.fail("1.6 MB of login text were taken")
        self.assert_closed(peer)

    def test_login_without_end(self):
        """Guards: the rounds of one login are counted."""
        peer = self.connect()
        with contextlib.suppress(Closed):
            for turn in range(1000):
                peer.send(peer.login_pdu(self.names(peer) if turn == 0 else b"",
                                         flags=OPERATIONAL))
                if peer.receive().header[36] != 0:
                    break
            else:
                self.fail("a login of 1,000 rounds")
        self.assert_closed(peer)

    # --- stages ---

    def test_stages_that_do_not_exist(self):
        """Guards: stage and transition bits are held against the table of RFC 7143, 11.12.3."""
        bad = {"CSG 2": FINAL | 2 << 2 | 3, "CSG 3": FINAL | 3 << 2 | 3,
               "NSG 2": FINAL | 1 << 2 | 2, "backward": FINAL | 1 << 2 | 0,
               "same stage": FINAL | 1 << 2 | 1, "T and C": FINAL | CONTINUE | 1 << 2 | 3}
        for name, flags in bad.items():
            with self.subTest(name), self.counts("lungate_logins_total", result="protocol"):
                peer = self.connect()
                self.assert_refused(peer, peer.login_pdu(self.names(peer), flags=flags))

    def test_stage_jumps_back(self):
        """Guards: a stage that has been left is not entered again."""
        peer = self.connect()
        self.assertEqual(self.status_of(peer, peer.login_pdu(self.names(peer),
                                                             flags=OPERATIONAL)), 0)
        self.assert_refused(peer, peer.login_pdu(b"", flags=SECURITY))

    def test_command_in_mid_login(self):
        """Guards: until full feature phase only Login requests are understood."""
        for opcode in (op for op in range(0x20) if op != LOGIN):
            peer = self.connect()
            self.assertEqual(self.status_of(peer, peer.login_pdu(self.names(peer),
                                                                 flags=OPERATIONAL)), 0)
            # But for its opcode it would end the login.
            disguised = bytearray(peer.login_pdu(b""))
            disguised[0] = opcode | IMMEDIATE
            self.assert_refused(peer, bytes(disguised), 0x020B, 0x0200)

    def test_length_bomb_in_mid_login(self):
        """Guards: the bound of 8 KiB holds until the login has ended."""
        peer = self.connect()
        self.status_of(peer, peer.login_pdu(self.names(peer), flags=OPERATIONAL))
        self.assert_closed_by(peer, peer.login_pdu(b"", dsl=0xFFFFFF))

    # --- who and what ---

    def test_wrong_version(self):
        """Guards: Version-min above 0 is not ours (status 0x0205)."""
        peer = self.connect()
        raw = bytearray(peer.login_pdu(self.names(peer)))
        raw[2:4] = b"\x01\x01"
        self.assert_refused(peer, bytes(raw), 0x0205)

    def test_session_that_does_not_exist(self):
        """Guards: a TSIH that nobody has been given joins nothing (status 0x020a)."""
        peer = self.connect()
        raw = bytearray(peer.login_pdu(self.names(peer)))
        raw[14:16] = b"\x12\x34"
        self.assert_refused(peer, bytes(raw), 0x020A)

    def test_second_connection_into_a_session(self):
        """Guards: MaxConnections=1: another CID in a session is refused, the session lives."""
        first = self.connect()
        first.send(first.login_pdu(self.names(first)))
        tsih = first.receive().header[14:16]
        first.terms = {}
        second = self.connect(isid=first.isid)
        raw = bytearray(second.login_pdu(self.names(second)))
        raw[14:16], raw[20:22] = tsih, b"\0\x01"
        self.assert_refused(second, bytes(raw), 0x0206, 0x0208, 0x020A, 0x0200)
        self.assert_works(first.ready())

    def test_unknown_target_and_missing_names(self):
        """Guards: no session without both names (statuses 0x0203, 0x0207)."""
        peer = self.connect()
        wrong = peer.login_keys("iqn.2026-11.io.lungate:other", AuthMethod=None)
        with self.counts("lungate_logins_total", result="no_target"):
            self.assert_refused(peer, peer.login_pdu(keys(**wrong)), 0x0203)
        for missing in ("InitiatorName", "TargetName"):
            peer = self.connect()
            wanted = peer.login_keys(TARGET, **{"AuthMethod": None, missing: None})
            self.assert_refused(peer, peer.login_pdu(keys(**wanted)), 0x0207)

    def test_values_out_of_range(self):
        """Guards: numbers are parsed whole and held against the key's range."""
        for key, value in (("MaxBurstLength", "0"), ("MaxBurstLength", "99999999999999999999"),
                           ("FirstBurstLength", "-1"), ("MaxOutstandingR2T", "0x"),
                           ("MaxRecvDataSegmentLength", "1"), ("DefaultTime2Wait", ""),
                           ("ErrorRecoveryLevel", "9")):
            with self.subTest(f"{key}={value}"):
                peer = self.connect()
                status = self.status_of(peer, peer.login_pdu(self.names(peer, **{key: value})))
                if status == 0:  # answered Reject for that key: a login may go on (RFC 7143, 6.2)
                    peer.terms = {}
                    self.assert_works(peer.ready())

    def test_names_are_not_trusted_in_the_log(self):
        """Guards: what a peer calls itself is escaped before it is written (CVE-2010-0743)."""
        evil = b"iqn.%n%s%s\x1b[31m\r\nerror session forged=1"
        peer = self.connect()
        text = keys(**peer.login_keys("iqn.nowhere", AuthMethod=None)).replace(
            peer.initiator.encode(), evil)
        self.status_of(peer, peer.login_pdu(text))
        log = self.gateway.server.log_text()
        self.assertNotIn(b"\x1b", log)
        self.assertNotIn(b"\nerror session forged", log)

    def test_text_before_full_feature_phase(self):
        """Guards: SendTargets is no way around a login."""
        peer = self.connect()
        self.assert_closed_by(peer, pdu(TEXT, itt=3, data=b"SendTargets=All\0"))


if __name__ == "__main__":
    main()
