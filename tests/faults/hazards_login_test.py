#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hazards 5, 6, 7 and 11: stages, identities and text of a login (RFC 7143, 6.1 to 6.3, 11.12)."""

import contextlib

from fault_test import TARGET, Closed, FaultTest, main
from peer import (CONTINUE, FINAL, FULL_FEATURE, LOGIN_RESPONSE, OPERATIONAL, R2T, REJECT, SECURITY,
                  TEST_UNIT_READY, keys, write10)

INITIATOR_ERROR, NO_SUCH_SESSION, TOO_MANY_CONNECTIONS = 0x0200, 0x020A, 0x0206
UNSUPPORTED_VERSION = 0x0205
LOST_COMMANDS = (6, 0x47, 0x7F)  # of a connection that was reinstated
SEGMENT_MAX = 8192
TEXT_MAX = 65536  # limits::kTextBytesMax
KEYS_MAX = 64  # limits::kTextKeysMax
ROUNDS_MAX = 16  # limits::kLoginRoundsMax


def names(peer, **more):
    return keys(**peer.login_keys(TARGET, AuthMethod=None, **more))


def changed(raw, **words):
    """A login request with bytes changed: `b14=...` sets those from byte 14 on."""
    raw = bytearray(raw)
    for where, value in words.items():
        raw[int(where[1:]):int(where[1:]) + len(value)] = value
    return bytes(raw)


class LoginTest(FaultTest):
    ISCSI = {"login_timeout_ms": 4000}

    def status_of(self, raw, peer=None):
        """Of the answer; the connection ends when it is none of success."""
        peer = peer or self.connect()
        peer.send(raw)
        answer = peer.receive()
        self.assertEqual(answer.opcode, LOGIN_RESPONSE)
        if answer.login_status != 0:
            self.assert_closed(peer)
        return answer.login_status

    def in_stage(self, stage=OPERATIONAL, **more):
        """A connection whose login has begun and goes on in this stage."""
        peer = self.connect(**more)
        self.assertEqual(peer.say(names(peer) if stage == OPERATIONAL else
                                  keys(InitiatorName=peer.initiator, TargetName=TARGET),
                                  stage).login_status, 0)
        return peer


class Stages(LoginTest):
    def hazard_05_every_stage_and_transition(self):
        """Guards: CSG, NSG, T and C are held against the table of 11.12.3: security and
        operational only, only forward, never to stage 2, and no transition of a text that goes
        on. All 64 values of the byte's bits."""
        for bits in range(64):
            flags = (bits & 0x30) << 2 | bits & 0x0F
            stage, following = bits >> 2 & 3, bits & 3
            transit, continued = bool(flags & FINAL), bool(flags & CONTINUE)
            legal = stage in (SECURITY, OPERATIONAL) and not (transit and continued)
            if transit:
                legal = legal and following in (OPERATIONAL, FULL_FEATURE) and following > stage
            with self.subTest(csg=stage, nsg=following, t=transit, c=continued):
                peer = self.connect()
                text = names(peer) if stage == OPERATIONAL else keys(
                    InitiatorName=peer.initiator, TargetName=TARGET)
                self.assertEqual(self.status_of(peer.login_pdu(text, flags=flags), peer),
                                 0 if legal else INITIATOR_ERROR)

    def hazard_05_stage_jumps(self):
        """Guards: the stage changes by our response only, and never back (6.3)."""
        peer = self.in_stage(OPERATIONAL)
        self.assertEqual(self.status_of(peer.login_pdu(b"", flags=SECURITY), peer),
                         INITIATOR_ERROR)
        peer = self.in_stage(SECURITY)
        self.assertEqual(self.status_of(peer.login_pdu(b"", flags=OPERATIONAL << 2), peer),
                         INITIATOR_ERROR)

    def hazard_05_version(self):
        """Guards: a Version-min above 0 is not ours; a Version-max above it is (11.12.4)."""
        for versions, status in ((b"\1\0", 0), (b"\xff\0", 0), (b"\1\1", UNSUPPORTED_VERSION),
                                 (b"\xff\xff", UNSUPPORTED_VERSION)):
            peer = self.connect()
            raw = changed(peer.login_pdu(names(peer)), b2=versions)
            self.assertEqual(self.status_of(raw, peer), status)

    def hazard_05_identity_changes(self):
        """Guards: ISID, TSIH and CID of a login are those of its first request (11.12.5 to 7)."""
        for change in ({"b8": b"\x80\1\2\3\4\5"}, {"b14": b"\0\1"}, {"b20": b"\0\1"}):
            peer = self.in_stage()
            raw = changed(peer.login_pdu(b""), **change)
            self.assertEqual(self.status_of(raw, peer), INITIATOR_ERROR)

    def hazard_05_session_that_does_not_exist(self):
        """Guards: a TSIH that nobody has been given joins nothing; nor does somebody else's."""
        other = self.connect(initiator="iqn.2026-11.io.lungate:other")
        other.send(other.login_pdu(names(other)))
        tsih = other.receive().header[14:16]
        for handle in (b"\x12\x34", b"\xff\xff", tsih):
            peer = self.connect()
            raw = changed(peer.login_pdu(names(peer)), b14=handle)
            self.assertEqual(self.status_of(raw, peer), NO_SUCH_SESSION)
        other.terms = {}
        self.assert_works(other.ready())

    def with_handle(self):
        """A session, and its TSIH."""
        peer = self.connect()
        peer.send(peer.login_pdu(names(peer)))
        handle = peer.receive().header[14:16]
        peer.terms = {}
        return peer.ready(), handle

    def hazard_05_connection_identifiers(self):
        """Guards: MaxConnections is 1: another connection of one's own living session is refused,
        and the session lives (11.12.7)."""
        first, tsih = self.with_handle()
        for cid in (b"\0\1", b"\1\0", b"\xff\xff"):
            peer = self.connect(isid=first.isid)
            raw = changed(peer.login_pdu(names(peer)), b14=tsih, b20=cid)
            self.assertEqual(self.status_of(raw, peer), TOO_MANY_CONNECTIONS)
            self.assert_works(first)

    def hazard_11_connection_reinstated(self):
        """Guards: a login with TSIH and CID of one's own living session takes the place of its
        connection (6.3.4), which is closed; the session goes on under its handle, from the login's
        CmdSN, and is told of the commands that it lost there (11.14.5) and of nothing else."""
        old, tsih = self.with_handle()
        for number, told in ((1000, []), (0xFFFFFFFE, [LOST_COMMANDS]), (1, [])):
            if told:
                old.start(write10(0, 8), write=b"r" * 4096, immediate_bytes=0)
                self.assertEqual(old.receive().opcode, R2T)  # and no data comes
            new = self.connect(isid=old.isid)
            new.cmd_sn = number
            with self.counts("lungate_session_closes_total", reason="reinstated"):
                new.send(changed(new.login_pdu(names(new)), b14=tsih))
                answer = new.receive()
                self.assertEqual((answer.login_status, answer.header[14:16]), (0, tsih))
                self.assert_closed(old)
            new.terms = {}
            attentions = []
            while not (result := new.execute(TEST_UNIT_READY)).good:
                attentions.append(result.sense_code)
            self.assertEqual(attentions, told)
            self.assert_works(new)
            old = new

    def hazard_05_login_in_full_feature_phase(self):
        """Guards: no Login in full feature phase; it changes nothing."""
        peer = self.session()
        peer.send(peer.login_pdu(names(peer, InitiatorName="iqn.2026-11.io.lungate:x")))
        with contextlib.suppress(Closed):
            self.assertEqual(peer.receive().opcode, REJECT)
            self.assert_works(peer)


class Text(LoginTest):
    def hazard_06_key_split_over_requests(self):
        """Not a fault: the C bit may cut a text anywhere, in a key as in a value (6.2)."""
        text = names(self.connect(), MaxBurstLength=65536)
        middle = text.index(b"MaxBurstLength=65")
        for cut in (1, middle + 3, middle + 14, middle + 15, middle + 17, len(text) - 1):
            peer = self.connect()
            asked = peer.say(text[:cut], OPERATIONAL, flags=CONTINUE | OPERATIONAL << 2)
            self.assertEqual((asked.login_status, asked.data), (0, b""))
            answer = peer.say(text[cut:], OPERATIONAL, FULL_FEATURE)
            self.assertEqual((answer.login_status, answer.text["MaxBurstLength"]), (0, "65536"))

    def hazard_06_lengths_of_keys_and_values(self):
        """Guards: names of keys have 63 bytes at most, iSCSI names 223, values 8,192 (6.1)."""
        peer = self.connect()
        cases = ((b"k" * 63 + b"=v\0", 0), (b"k" * 64 + b"=v\0", INITIATOR_ERROR),
                 (b"X-com.example.key=" + b"v" * 255 + b"\0", 0))
        for more, status in cases:
            peer = self.connect()
            self.assertEqual(self.status_of(peer.login_pdu(names(peer) + more), peer), status)
        for size, status in ((223, 0), (224, INITIATOR_ERROR), (4000, INITIATOR_ERROR)):
            peer = self.connect(initiator="iqn.2026-11.io.lungate:".ljust(size, "n"))
            self.assertEqual(self.status_of(peer.login_pdu(names(peer)), peer), status)
        peer = self.connect()
        asked = peer.say(names(peer) + b"X-a=", OPERATIONAL, flags=CONTINUE | OPERATIONAL << 2)
        self.assertEqual(asked.login_status, 0)
        peer.say(b"v" * 8192, OPERATIONAL, flags=CONTINUE | OPERATIONAL << 2)
        self.assertEqual(self.status_of(peer.login_pdu(b"v\0"), peer), INITIATOR_ERROR)

    def hazard_06_all_the_text_of_a_login(self):
        """Guards: the text of all PDUs with the C bit is counted together."""
        peer = self.connect()
        status, sent = 0, 0
        while status == 0 and sent <= TEXT_MAX:
            answer = peer.say(b"v" * SEGMENT_MAX, OPERATIONAL, flags=CONTINUE | OPERATIONAL << 2)
            status, sent = answer.login_status, sent + SEGMENT_MAX
        self.assertEqual((status, sent), (INITIATOR_ERROR, TEXT_MAX + SEGMENT_MAX))
        self.assert_closed(peer)

    def hazard_06_requests_of_a_login(self):
        """Guards: the requests of one login are counted, with the C bit, without text, and when
        nothing but their number is wrong."""
        for flags in (OPERATIONAL << 2, CONTINUE | OPERATIONAL << 2):
            peer = self.in_stage()
            rounds = 1
            while (answer := peer.say(b"", OPERATIONAL, flags=flags)).login_status == 0:
                rounds += 1
            self.assertEqual((answer.login_status, rounds), (INITIATOR_ERROR, ROUNDS_MAX))
            self.assert_closed(peer)

    def hazard_06_key_again(self):
        """Guards: a key that is settled is not negotiated again in the same login (6.2)."""
        for key in ("MaxBurstLength=65536", "HeaderDigest=None", "InitialR2T=No"):
            peer = self.in_stage()
            self.assertEqual(self.status_of(peer.login_pdu(key.encode() + b"\0"), peer),
                             INITIATOR_ERROR)


class UnknownKeys(LoginTest):
    def unknown(self, count, size=63):
        return {f"X{number}".ljust(size, "k"): "v" for number in range(count)}

    def hazard_07_not_understood(self):
        """Guards: each unknown key is answered NotUnderstood, whole, within one PDU (6.2)."""
        peer = self.connect()
        known = names(peer)
        unknown = self.unknown(KEYS_MAX - known.count(b"\0"))
        answer = peer.say(known + keys(**unknown), OPERATIONAL, FULL_FEATURE)
        self.assertEqual(answer.login_status, 0)
        self.assertLessEqual(len(answer.data), SEGMENT_MAX)
        self.assertEqual({key: answer.text[key] for key in unknown},
                         dict.fromkeys(unknown, "NotUnderstood"))

    def hazard_07_answers_in_pieces(self):
        """Guards: answers are cut to what the initiator takes; the peer that talks while ours is
        unfinished is refused (6.2)."""
        for out_of_turn in (False, True):
            peer = self.connect()
            peer.say(names(peer, MaxRecvDataSegmentLength=512), OPERATIONAL)
            unknown = self.unknown(40)
            answer = peer.say(keys(**unknown), OPERATIONAL, FULL_FEATURE)
            if out_of_turn:
                self.assertEqual(self.status_of(peer.login_pdu(b"a=b\0"), peer), INITIATOR_ERROR)
                continue
            text = answer.data
            while answer.flags & CONTINUE:
                self.assertEqual((len(answer.data), answer.flags & FINAL), (512, 0))
                answer = peer.say(b"", OPERATIONAL, FULL_FEATURE)
                self.assertEqual(answer.login_status, 0)
                text += answer.data
            self.assertEqual(text, keys(**dict.fromkeys(unknown, "NotUnderstood")))
            peer.terms = {}
            self.assert_works(peer.ready())


if __name__ == "__main__":
    main()
