#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who guesses, and who takes all places: failed logins are counted by reason and slow their source
down, and one address has its share of the connections."""

import contextlib
import hashlib
import os
import shutil
import tempfile
import unittest

from fault_test import TARGET, main
from gateway import Gateway, file_lun, wait_until
from peer import FINAL, Closed, Peer, keys, read10

SECRET = "a-secret-of-some-length"
AUTHENTICATION_FAILURE, OUT_OF_RESOURCES = 0x0201, 0x0302
SECURITY, SECURITY_TO_FULL = 0, FINAL | 3
FAILURES, REFUSAL_MS = 4, 3000
ALLOWED = "iqn.2026-11.io.lungate:allowed"
HOST, GUEST = "127.0.0.1", "127.0.0.2"  # two addresses of one machine


def say(peer, flags=SECURITY, **pairs):
    """One request of the security stage; its answer, and the status in it."""
    peer.send(peer.login_pdu(keys(**pairs), flags=flags))
    answer = peer.receive()
    return answer, int.from_bytes(answer.header[36:38], "big")


def prove(peer, secret, user="host"):
    """A login by CHAP with MD5; the status that ends it."""
    answer, status = say(peer, InitiatorName=peer.initiator, TargetName=TARGET, AuthMethod="CHAP")
    if status:
        return status
    answer, status = say(peer, CHAP_A=5)
    if status:
        return status
    challenge = bytes.fromhex(answer.text["CHAP_C"][2:])
    proof = hashlib.md5(bytes((int(answer.text["CHAP_I"]),)) + secret.encode() + challenge)
    answer, status = say(peer, SECURITY_TO_FULL, CHAP_N=user, CHAP_R="0x" + proof.hexdigest())
    peer.terms = {}
    return status


class Limits(unittest.TestCase):
    ISCSI = {}

    def setUp(self):
        self.gateway = Gateway(luns=[file_lun(0, "16MiB")], iscsi=self.ISCSI, more=self.more())
        self.addCleanup(self.gateway.close)
        self.gateway.exporter()

    def more(self):
        """What the configuration says beside that."""
        return ""

    def connect(self, source=HOST, **more):
        peer = Peer(self.gateway.portal, source=source, **more)
        self.addCleanup(peer.close)
        return peer

    def assert_counts(self, metric, count, **labels):
        wait_until(f"{metric}{labels} is {count}", 10,
                   lambda: self.gateway.metric(metric, **labels) == count)

    def assert_works(self, peer):
        self.assertTrue(peer.execute(read10(0, 1), read=512).good)


class Guesses(Limits):
    ISCSI = {"failed_logins_max": FAILURES, "login_refusal_ms": REFUSAL_MS}

    def more(self):
        folder = tempfile.mkdtemp(prefix="lg-")
        self.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "secret")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            file.write(SECRET)
        return f'[target.chap]\nuser = "host"\nsecret_file = "{path}"\n'

    def guess(self, source=GUEST, **more):
        return prove(self.connect(source), "b" + SECRET, **more)

    def test_who_guesses_is_refused_for_seconds(self):
        """Guards: proofs that fail are counted by source, and their source waits."""
        standing = self.connect(GUEST)
        self.assertEqual(prove(standing, SECRET), 0)
        standing.ready()
        for _ in range(FAILURES):
            self.assertEqual(self.guess(), AUTHENTICATION_FAILURE)
        wait_until("its logins are refused", 5, lambda: self.guess() == OUT_OF_RESOURCES)
        self.assertEqual(prove(self.connect(GUEST), SECRET), OUT_OF_RESOURCES,
                         "the right secret is refused as well, or the answer would tell it")
        self.assert_works(standing)
        other = self.connect(HOST)
        self.assertEqual(prove(other, SECRET), 0, "another address has done nothing")
        self.assertIn(b"source_refused source=127.0.0.2 for_ms=3000",
                      self.gateway.server.log_text())
        wait_until("it may try again", 10,
                   lambda: prove(self.connect(GUEST), SECRET) == 0)

    def test_reasons_are_counted(self):
        """Guards: the operator learns what was wrong, and the peer does not."""
        self.assertEqual(self.guess(user="nobody"), self.guess())
        for reason in ("unknown_user", "wrong_secret"):
            self.assert_counts("lungate_login_failures_total", 1, reason=reason)
            self.assertIn(f"reason={reason}".encode(), self.gateway.server.log_text())
        with contextlib.suppress(Closed):
            self.connect().login(TARGET)
        self.assert_counts("lungate_login_failures_total", 1, reason="no_method")
        self.assertNotIn(SECRET.encode(), self.gateway.server.log_text())


class Refusals(Limits):
    def more(self):
        return f'[[target.initiator]]\niqn = "{ALLOWED}"\n'

    def refused(self, target=TARGET, tsih=0, initiator=ALLOWED):
        """The status of a login that begins and ends with its first request."""
        peer = self.connect()
        login = bytearray(peer.login_pdu(keys(InitiatorName=initiator, TargetName=target)))
        login[14:16] = tsih.to_bytes(2, "big")
        peer.send(bytes(login))
        return peer.receive().login_status

    def test_each_has_its_status_and_its_counters(self):
        """Guards: whose name is wrong on which side, and a session that is no more, are told
        apart by the peer and by the operator."""
        for status, result, reason, login in (
                (0x0202, "acl_denied", "not_allowed", {"initiator": ALLOWED + "-not"}),
                (0x0203, "no_target", "no_target", {"target": TARGET + "-not"}),
                (0x020A, "protocol", "no_session", {"tsih": 4711})):
            with self.subTest(reason):
                self.assertEqual(self.refused(**login), status)
                self.assert_counts("lungate_login_failures_total", 1, reason=reason)
                self.assert_counts("lungate_logins_total", 1, result=result)
        self.assert_works(self.connect(initiator=ALLOWED).login(TARGET).ready())


class Places(Limits):
    ISCSI = {"connections_per_address_max": 8, "logins_per_address_max": 4}

    def test_connections_of_one_address(self):
        """Guards: who leaks connections takes nobody else's."""
        sessions = [self.connect(GUEST).login(TARGET).ready() for _ in range(8)]
        refused = self.connect(GUEST)
        self.assertTrue(refused.wait_closed(5))
        self.assert_counts("lungate_connections_refused_total", 1, reason="address")
        self.assert_works(sessions[0])
        self.assert_works(self.connect(HOST).login(TARGET).ready())
        sessions.pop().logout()

        def place_is_free():
            with contextlib.suppress(Closed):
                return self.connect(GUEST).login(TARGET)
        self.assert_works(wait_until("its place is free again", 10, place_is_free).ready())

    def test_silent_connections_of_one_address(self):
        """Guards: of the logins that one address holds open, the oldest gives way."""
        patient = self.connect(HOST)
        silent = [self.connect(GUEST) for _ in range(7)]
        self.assertTrue(silent[0].wait_closed(5))
        self.assert_works(silent[-1].login(TARGET).ready())
        self.assert_works(patient.login(TARGET).ready())
        self.assert_counts("lungate_login_failures_total", 3, reason="too_many")


if __name__ == "__main__":
    main()
