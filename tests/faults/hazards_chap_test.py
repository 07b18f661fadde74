#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hazard 9: CHAP, right and wrong (RFC 7143, 12.1.3; RFC 1994)."""

import base64
import contextlib
import os
import random
import statistics
import subprocess
import time

from chap import DIGESTS, LOOKUP, MUTUAL, OTHER, SECRET, ChapTest, digest_of
from fault_test import Closed, main
from gateway import programs, wait_until
from peer import keys

FAILED, INITIATOR_ERROR = 0x0201, 0x0200


class Exchange(ChapTest):
    def challenges(self, count):
        made = []
        for _ in range(count):
            login = self.login().ask("5")
            made.append((login.identifier, login.challenge))
            login.peer.close()
        return made

    def regression_cve_2024_45751_challenges(self):
        """Guards: challenges come from the kernel's generator: none twice, also after a restart,
        no shorter than the longest digest, no bias to see (hazard 09)."""
        made = self.challenges(60)
        self.gateway.kill()
        self.gateway.start()
        self.pid = self.gateway.server.pid
        made += self.challenges(60)
        self.assertEqual(len({challenge for _, challenge in made}), len(made))
        self.assertGreaterEqual(min(len(challenge) for _, challenge in made), 32)
        self.assertGreater(len({identifier for identifier, _ in made}), 60)
        whole = b"".join(challenge for _, challenge in made)
        ones = int.from_bytes(whole, "big").bit_count() / (8 * len(whole))
        self.assertAlmostEqual(ones, 0.5, delta=0.03)
        # Nor do the first halves of two alike: a counter or a clock would show there.
        self.assertEqual(len({challenge[:8] for _, challenge in made}), len(made))

    def hazard_09_every_digest(self):
        """Not a fault: the four digests, the strongest of a list, mutual, hexadecimal in both
        cases and Base64."""
        for algorithm in DIGESTS:
            for spell in (lambda raw: "0x" + raw.hex(), lambda raw: "0X" + raw.hex().upper(),
                          lambda raw: "0b" + base64.b64encode(raw).decode()):
                login = self.login().ask(str(algorithm))
                challenge = random.randbytes(24)
                text = login.prove("host", response=spell(login.digest(SECRET)), CHAP_I="7",
                                   CHAP_C="0x" + challenge.hex())
                self.assertEqual(text["CHAP_N"], "gateway")
                self.assertEqual(text["CHAP_R"],
                                 "0x" + digest_of(algorithm, 7, MUTUAL, challenge).hex())
                self.assert_works(login.go_on().ready())
        self.assertEqual(self.login().ask("5,99,7,6").algorithm, 7)

    def hazard_09_lists_of_digests(self):
        """Guards: each item of CHAP_A is a number and the whole of it: 56 is neither 5 nor 6."""
        for offered in ("56", "", ",", "9", "261", "05", " 5", "5 ", "5;7", "-5", "MD5",
                        "4294967301", "5" * 200, ",".join("9" * 120)):
            login = self.login().ask(offered)
            self.assert_failed(login)
        self.assertEqual(self.login().ask("56,5").algorithm, 5)

    def regression_lio_1e5733883421_lengths_of_responses(self):
        """Guards: a response is as long as its digest, to the byte, in each encoding, before it is
        decoded into its place (hazard 09)."""
        def encoded(raw):
            return "0b" + base64.b64encode(raw).decode()

        for algorithm, size in ((5, 16), (7, 32)):
            wrong = ["", "0x", "0b", "0", "x", "0y00", "0x" + "0" * (2 * size - 1),
                     "0x" + "00" * (size - 1), "0x" + "00" * (size + 1), "0x" + "0g" * size,
                     "0x" + "00" * 3000, encoded(bytes(size - 1)), encoded(bytes(size + 1)),
                     encoded(bytes(2 * size)), encoded(bytes(5000)), encoded(bytes(size))[:-1],
                     encoded(bytes(size)) + "====", encoded(bytes(size)).replace("A", "A ", 1),
                     "0b" + "=" * 24, "0b" + "!" * 24]
            for response in wrong:
                with self.subTest(algorithm=algorithm, response=response[:40]):
                    login = self.login().ask(str(algorithm))
                    login.prove("host", response=response)
                    self.assert_failed(login)

    def hazard_09_right_digest_spelt_wrong(self):
        """Guards: one spelling of Base64 and one length: the right bytes with more behind them, or
        less, are not the right response."""
        for spoil in (lambda raw: "0x" + raw.hex() + "00", lambda raw: "0x" + raw.hex()[:-2],
                      lambda raw: raw.hex(), lambda raw: "0x" + raw.hex() + " ",
                      lambda raw: "0b" + base64.b64encode(raw + b"\0").decode(),
                      lambda raw: "0b" + base64.b64encode(raw).decode().rstrip("=")):
            login = self.login().ask()
            login.prove("host", response=spoil(login.digest(SECRET)))
            self.assert_failed(login)

    def hazard_09_out_of_turn(self):
        """Guards: the exchange has one order, and each of its keys one place in it."""
        for early in ({"CHAP_N": "host", "CHAP_R": "0x00"}, {"CHAP_I": "1", "CHAP_C": "0x00"}):
            login = self.login()
            login.begin()
            login.say(**early)
            self.assert_failed(login, INITIATOR_ERROR)
        for late in ({"CHAP_A": "5"}, {"CHAP_N": "host"}, {"CHAP_R": "0x00"}, {"CHAP_I": "1"}):
            login = self.login().ask()
            login.say(**late)
            self.assert_failed(login, INITIATOR_ERROR)
        login = self.login(CHAP_A="5")
        login.begin()
        self.assert_failed(login, INITIATOR_ERROR)

    def hazard_09_reflection(self):
        """Guards: we answer no challenge of our own, nor anybody before his proof, and take no
        response that is made with our own secret (12.1.3)."""
        login = self.login().ask()
        own = "0x" + login.challenge.hex()
        login.prove("host", SECRET, CHAP_I=str(login.identifier), CHAP_C=own)
        self.assert_failed(login)
        asked = self.login().ask()
        oracle = self.login().ask()
        oracle.prove("host", response="0x" + "00" * 16, CHAP_I=str(asked.identifier),
                     CHAP_C="0x" + asked.challenge.hex())
        self.assert_failed(oracle)
        for user in ("gateway", "host"):
            login = self.login().ask()
            login.prove(user, MUTUAL)
            self.assert_failed(login)

    def hazard_09_challenges_to_us(self):
        """Guards: what we are asked is bounded and well formed, or not answered."""
        for identifier, challenge in (("256", "0x00"), ("-1", "0x00"), ("", "0x00"), ("1", ""),
                                      ("1", "0x"), ("1", "0x0"), ("1", "0x" + "00" * 1025),
                                      ("1", "0b" + base64.b64encode(bytes(3000)).decode())):
            with self.subTest(identifier=identifier, challenge=challenge[:16]):
                login = self.login().ask()
                login.prove("host", SECRET, CHAP_I=identifier, CHAP_C=challenge)
                self.assert_failed(login)

    def hazard_09_equal_secrets(self):
        """Guards: one secret for both directions is no configuration (RFC 1994, 2.3)."""
        path = f"{self.gateway.folder}/equal.toml"
        with open(self.gateway.config, encoding="utf-8") as text:
            good = text.read()
        for program, *words in (("lungate", "check"), ("lungate-target",)):
            for bad in (good.replace(MUTUAL, SECRET), good.replace(LOOKUP, MUTUAL)):
                with open(path, "w", encoding="utf-8") as text:
                    os.chmod(path, 0o600)
                    text.write(bad)
                run = subprocess.run([f"{programs()}/{program}", *words, path], check=False,
                                     stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
                self.assertEqual(run.returncode, 2, run.stdout + run.stderr)
                self.assertNotIn(SECRET.encode(), run.stdout + run.stderr)

    def hazard_09_unknown_user(self):
        """Guards: an unknown user and a wrong secret get the same answer, in the same time."""
        cases = {"user": ("nobody", SECRET), "secret": ("host", OTHER), "both": ("", "")}
        took, said = {case: [] for case in cases}, {}
        for case in list(cases) * 40:
            login = self.login().ask()
            user, secret = cases[case]
            response = "0x" + login.digest(secret).hex()
            begin = time.perf_counter()
            login.prove(user, response=response)
            took[case].append(time.perf_counter() - begin)
            said[case] = login.answer.header[:8] + login.answer.header[16:] + login.answer.data
            login.peer.close()
        self.assertEqual(len(set(said.values())), 1)
        medians = [statistics.median(times) for times in took.values()]
        self.assertLess(max(medians) - min(medians), 0.005, took)

    def hazard_09_one_attempt(self):
        """Guards: a connection has one attempt; a second one behind it is not looked at."""
        login = self.login().ask()
        wrong, right = (keys(CHAP_N="host", CHAP_R="0x" + login.digest(secret).hex())
                        for secret in (OTHER, SECRET))
        login.peer.send(login.peer.login_pdu(wrong, flags=0x81) +
                        login.peer.login_pdu(right, flags=0x81))
        self.assertEqual(login.peer.receive().login_status, FAILED)
        with contextlib.suppress(Closed):
            self.fail(f"a second answer: {login.peer.receive(3)}")

    def hazard_09_secrets_in_the_log(self):
        """Guards: neither what was tried nor what would have been right stands in the log."""
        tried = []

        def logged():  # equal lines are few in a second
            login = self.login().ask()
            login.prove("host", OTHER)
            tried.extend((login.digest(SECRET).hex(), login.digest(OTHER).hex()))
            return b"wrong_secret" in self.gateway.server.log_text()

        wait_until("a failure is logged", 10, logged)
        log = self.gateway.server.log_text()
        for secret in (SECRET, MUTUAL, OTHER, LOOKUP, *tried):
            self.assertNotIn(secret.encode(), log)


if __name__ == "__main__":
    main()
