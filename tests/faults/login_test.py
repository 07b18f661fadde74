#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Logins that are iSCSI and wrong: keys without end, stages that do not exist, names that bite."""

import contextlib

from fault_test import MIB, TARGET, FaultTest, main
from peer import FINAL, IMMEDIATE, LOGIN, LOGIN_RESPONSE, TEXT, Closed, keys, pdu

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

    def regression_lio_bf33e01f88388_many_unknown_keys(self):
        """Guards: keys per negotiation are counted; answers are bounded (hazard 07)."""
        for count in (900, KEYS_MAX + 1):
            for flags in (OPERATIONAL_TO_FULL, OPERATIONAL, SECURITY):
                peer = self.connect()
                self.assert_refused(peer, peer.login_pdu(self.padded_to(count, peer), flags=flags))
                peer = self.connect()
                self.assert_refused(peer, peer.login_pdu(b"a=b\0" * 2048, flags=flags))
        peer = self.connect()
        self.assertEqual(self.status_of(peer, peer.login_pdu(self.padded_to(KEYS_MAX, peer))), 0)

    def padded_to(self, count, peer):
        """A complete login with so many keys, the rest of them unknown."""
        names = self.names(peer)
        return names + b"".join(b"a%d=b\0" % number for number in range(count - names.count(b"\0")))

    def regression_cve_2013_2850_long_key_name(self):
        """Guards: key names have at most 63 bytes, before one is quoted (hazard 06)."""
        for size in (64, 255, 8000, ANSWER_BYTES_MAX - 3):
            peer = self.connect()
            self.assert_refused(peer, peer.login_pdu(b"k" * size + b"=v\0"))

    def hazard_06_malformed_text(self):
        """Guards: text without '=', without an end, with empty or doubled keys is refused."""
        whole = self.names(self.connect())
        for text in (b"\0\0\0\0", b"InitiatorName", b"=value\0", whole[:-1], whole + whole,
                     b"\xff\xfe=\x01\0", whole + b"=\0"):
            peer = self.connect()
            status = self.status_of(peer, peer.login_pdu(text))
            self.assertNotEqual(status, 0, text[:40])

    # --- stages ---

    def hazard_04_every_opcode_in_mid_login(self):
        """Guards: until full feature phase only Login requests are understood: anything else is
        status 0x020b, in either stage (11.13.5)."""
        for stage in (SECURITY, OPERATIONAL):
            for opcode in (op for op in range(0x40) if op != LOGIN):
                with self.subTest(stage=stage, opcode=hex(opcode)):
                    peer = self.connect()
                    text = self.names(peer) if stage == OPERATIONAL else keys(
                        InitiatorName=peer.initiator, TargetName=TARGET)
                    self.assertEqual(self.status_of(peer, peer.login_pdu(text, flags=stage)), 0)
                    # But for its opcode it would end the login.
                    disguised = bytearray(peer.login_pdu(b"", flags=FINAL | stage | 3))
                    disguised[0] = opcode | IMMEDIATE
                    self.assertEqual(self.status_of(peer, bytes(disguised)), 0x020B)
                    self.assert_closed(peer)

    def hazard_01_length_bomb_in_mid_login(self):
        """Guards: the bound of 8 KiB holds until the login has ended, whatever the opcode."""
        with self.memory_within(16 * MIB):
            for opcode in range(0x40):
                for size in (8193, 0xFFFFFF):
                    peer = self.connect()
                    self.status_of(peer, peer.login_pdu(self.names(peer), flags=OPERATIONAL))
                    self.assert_closed_by(peer, pdu(opcode, immediate=True, flags=0x87, itt=1,
                                                    dsl=size))

    # --- who and what ---

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

    def hazard_30_values_out_of_range(self):
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

    def regression_cve_2010_0743_names_in_the_log(self):
        """Guards: what a peer calls itself is escaped before it is written (hazard 28)."""
        evil = b"iqn.%n%s%s\x1b[31m\r\nerror session forged=1"
        peer = self.connect()
        text = keys(**peer.login_keys("iqn.nowhere", AuthMethod=None)).replace(
            peer.initiator.encode(), evil)
        self.status_of(peer, peer.login_pdu(text))
        log = self.gateway.server.log_text()
        self.assertNotIn(b"\x1b", log)
        self.assertNotIn(b"\nerror session forged", log)

    def hazard_08_text_before_full_feature_phase(self):
        """Guards: SendTargets is no way around a login."""
        peer = self.connect()
        self.assert_closed_by(peer, pdu(TEXT, itt=3, data=b"SendTargets=All\0"))


if __name__ == "__main__":
    main()
