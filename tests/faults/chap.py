# SPDX-License-Identifier: LGPL-2.1-or-later
"""CHAP (RFC 7143, 12.1.3; RFC 1994) as an initiator says it, right or wrong:

    login = ChapLogin(peer, TARGET)
    login.ask("7,5")
    login.prove("host", SECRET)
    login.go_on()
"""

import hashlib

from fault_test import TARGET, FaultTest
from peer import FULL_FEATURE, OPERATIONAL, SECURITY, Closed, keys

DIGESTS = {5: "md5", 6: "sha1", 7: "sha256", 8: "sha3_256"}
FAILED = 0x0201


def digest_of(algorithm, identifier, secret, challenge):
    return hashlib.new(DIGESTS[algorithm], bytes((identifier,)) + secret.encode() +
                       challenge).digest()


def chap_toml(user, secret, mutual_user=None, mutual_secret=None):
    pairs = {"user": user, "secret": secret, "mutual_user": mutual_user,
             "mutual_secret": mutual_secret}
    return "{ " + ", ".join(f'{key} = "{value}"' for key, value in pairs.items() if value) + " }"


class ChapLogin:
    """One login, step by step. `status` is that of the last answer."""

    def __init__(self, peer, target, methods="CHAP", **more):
        self.peer = peer
        names = peer.login_keys(target)
        wanted = {key: names[key] for key in ("InitiatorName", "TargetName", "SessionType")
                  if key in names}
        self.names = {**wanted, "AuthMethod": methods, **more}
        self.operational = {key: value for key, value in names.items()
                            if key not in wanted and key != "AuthMethod"}
        self.status, self.answer = 0, None
        self.algorithm = self.identifier = self.challenge = None

    def say(self, stage=SECURITY, to=None, **pairs):
        """Throws Closed when nothing was answered."""
        self.answer = self.peer.say(keys(**pairs), stage, to)
        self.status = self.answer.login_status
        return self.answer.text

    def begin(self, to=None):
        """Who, and by which methods."""
        return self.say(SECURITY, to, **self.names)

    def ask(self, algorithms="5", **more):
        """Until the challenge."""
        if self.answer is None:
            self.begin()
        text = self.say(CHAP_A=algorithms, **more)
        if self.status == 0:
            self.algorithm, self.identifier = int(text["CHAP_A"]), int(text["CHAP_I"])
            self.challenge = bytes.fromhex(text["CHAP_C"][2:])
        return self

    def digest(self, secret):
        return digest_of(self.algorithm, self.identifier, secret, self.challenge)

    def prove(self, user, secret=None, response=None, to=OPERATIONAL, **more):
        """By a secret, or by whatever stands in `response`."""
        if response is None:
            response = "0x" + self.digest(secret).hex()
        return self.say(SECURITY, to, CHAP_N=user, CHAP_R=response, **more)

    def go_on(self):
        """Operational keys, and full feature phase. Returns the peer."""
        self.peer.terms = self.say(OPERATIONAL, FULL_FEATURE, **self.operational)
        if self.status != 0:
            raise Closed(f"login refused: {self.status:#06x}")
        return self.peer


# A gateway where everything is to be proved, each thing by its own user and secret.
OTHER_TARGET = TARGET + "-2"
SECRET, MUTUAL, LOOKUP, OTHER = ("initiators-secret", "gateways-own-secret", "discoverers-secret",
                                 "secret-of-the-other")
MORE = f"""
[target.chap]
user = "host"
secret = "{SECRET}"
mutual_user = "gateway"
mutual_secret = "{MUTUAL}"

[[target]]
iqn = "{OTHER_TARGET}"
chap = {chap_toml("other", OTHER)}

[discovery]
chap = {chap_toml("lookup", LOOKUP)}
"""


class ChapTest(FaultTest):
    MORE = MORE
    ISCSI = {"failed_logins_max": 0}  # login_limits_test.py is about that

    @classmethod
    def log_in(cls, peer):
        login = ChapLogin(peer, TARGET).ask()
        login.prove("host", SECRET)
        return login.go_on()

    def login(self, target=TARGET, **more):
        options = {key: more.pop(key) for key in ("isid",) if key in more}
        return ChapLogin(self.connect(**options), target, **more)

    def assert_failed(self, login, status=FAILED):
        self.assertEqual(hex(login.status), hex(status))
        self.assertNotIn("CHAP_R", login.answer.text)
        self.assert_closed(login.peer)
