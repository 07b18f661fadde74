#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hazard 28: what a peer calls itself, in metrics, JSON and log; and those who ask the gateway by
other ways than iSCSI."""

import contextlib
import json
import os
import random
import re
import socket

from fault_test import MIB, TARGET, Closed, FaultTest, main
from gateway import LABEL, scrape, wait_until
from peer import OPERATIONAL, FULL_FEATURE, keys

ALIASES = ('a"} 1\\nlungate_evil{x="', '\\', '"', "{}[],:", "' OR 1=1 --",
           "<script>alert(1)</script>", "${jndi:ldap://x}", "%n%s%d%x", "\u202egnp.exe",
           "a" * 255, "\u00e9\u4e2d")
BYTES = (b"\x80\x81\xfe\xff", b"\xc0\xaf", b"\xed\xa0\x80")
LINE = re.compile(r'^[a-zA-Z_:]\w*(?:\{(?:\w+="(?:[^"\\\n]|\\["\\n])*",?)*\})? \S+$')


class Names(FaultTest):
    def check_outputs(self, alias=None):
        """Metrics are metrics, sessions are JSON, and log lines are ours."""
        text = scrape(self.gateway.metrics_port)
        for line in text.splitlines():
            if line and not line.startswith("#"):
                self.assertRegex(line, LINE)
                self.assertNotIn("evil", line)
        sessions = self.gateway.control("sessions")["sessions"]
        if alias is not None:
            self.assertIn(alias, [session["alias"] for session in sessions])
        log = self.gateway.server.log_text()
        for line in log.splitlines():
            self.assertRegex(line, rb"^\d{4}-\d\d-\d\dT[\d:.]+Z (debug|info|warn|error) \S+ \S+")
        self.assertNotRegex(log, rb"[\x00-\x09\x0b-\x1f\x7f]")

    def hazard_28_aliases(self):
        """Guards: an alias, which may be any text, is escaped wherever it is shown, and is no
        label of a metric at all."""
        for alias in ALIASES:
            with self.subTest(alias=alias):
                peer = self.session(InitiatorAlias=alias)
                self.assert_works(peer)
                self.check_outputs(alias)
                self.assertNotIn(alias[:9] if len(alias) > 3 else "\0",
                                 scrape(self.gateway.metrics_port))
                peer.logout()

    def hazard_28_aliases_that_are_no_text(self):
        """Guards: bytes that are no UTF-8 break nobody who reads them."""
        for raw in BYTES:
            peer = self.connect()
            text = keys(**peer.login_keys(TARGET, AuthMethod=None)) + b"InitiatorAlias=" + raw
            peer.say(text + b"\0", OPERATIONAL, FULL_FEATURE)
            self.check_outputs()

    def hazard_28_names(self):
        """Guards: what is no iSCSI name does not log in, and is escaped in the log that says so
        (RFC 7143, 4.2.7)."""
        bad = ('a"b', "a\\", "a b", "{}", "a\u00e9", "a=b", "../../etc", "a\tlevel=error")
        for name in (*(f"iqn.2026-11.x:{one}" for one in bad), "x", "", "eui.zz",
                     "iqn.9999-99.x:a"):
            with self.subTest(name=name):
                peer = self.connect(initiator=name)
                with contextlib.suppress(Closed):
                    answer = peer.say(keys(**peer.login_keys(TARGET, AuthMethod=None)),
                                      OPERATIONAL, FULL_FEATURE)
                    self.assertEqual(answer.login_status >> 8, 2)
        self.check_outputs()

    def hazard_28_unknown_targets(self):
        """Guards: nor does the name of a target that is not there make a label."""
        for number in range(50):
            peer = self.connect()
            peer.say(keys(**peer.login_keys(f"iqn.2026-11.x:evil-{number}", AuthMethod=None)),
                     OPERATIONAL, FULL_FEATURE)
        self.check_outputs()
        targets = {dict(LABEL.findall(line)).get("target") for line in
                   scrape(self.gateway.metrics_port).splitlines()} - {None}
        self.assertEqual(targets, {TARGET})

    def hazard_28_nothing_else_on_the_portal(self):
        """Guards: the portal speaks iSCSI and nothing else, metrics are served on their own port,
        and the control socket is a file that strangers cannot open."""
        for request in (b"GET /metrics HTTP/1.0\r\n\r\n", b"POST / HTTP/1.1\r\nHost: x\r\n\r\n",
                        b'{"version":1,"request":"status"}\n'):
            peer = self.connect()
            with contextlib.suppress(Closed):
                peer.send(request.ljust(48, b"\n"))
                peer.receive(3)
                self.fail("it was answered")
        self.assertEqual(os.stat(self.gateway.settings["control_socket"]).st_mode & 0o007, 0)
        with contextlib.closing(socket.create_connection(("127.0.0.1",
                                                          self.gateway.metrics_port))) as http:
            http.sendall(b"POST /reload HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            self.assertNotIn(b" 200 ", http.recv(4096).split(b"\r\n")[0])


class Management(FaultTest):
    def ask(self, raw):
        """What the control socket answers, until it closes or has answered once."""
        with socket.socket(socket.AF_UNIX) as unix:
            unix.settimeout(10)
            unix.connect(self.gateway.settings["control_socket"])
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                unix.sendall(raw)
                unix.shutdown(socket.SHUT_WR)
                return b"".join(iter(lambda: unix.recv(65536), b""))
        return b""

    def requests(self):
        """Texts that are no requests, or nearly."""
        good = b'{"version":1,"request":"sessions"}'
        yield from (b"\n" * 1000, b"{" * 60000 + b"\n", b"[" * 5000 + b"]" * 5000 + b"\n",
                    b"\xff" * 1000 + b"\n", b"\0" * 1000 + b"\n", b'{"version":1}\n',
                    b'{"version":99999999999999999999,"request":"status"}\n',
                    b'{"version":1,"request":"' + b"x" * 50000 + b'"}\n',
                    b'{"version":1,"request":"disconnect","session":-1}\n',
                    b'{"version":1,"request":"disconnect","session":1e999}\n',
                    b'{"version":1,"request":"disconnect","session":18446744073709551616}\n',
                    b'{"version":1,"request":"log_level","level":"%s%n"}\n',
                    b'{"version":1,"request":["status"]}\n', b"v" * (1 << 20), good * 2 + b"\n")
        for _ in range(150):
            raw = bytearray(good)
            for _ in range(random.randrange(1, 4)):
                raw[random.randrange(len(raw))] = random.randrange(256)
            yield bytes(raw) + b"\n"

    def regression_cve_2017_1000198_control_socket(self):
        """Guards: the management interface takes its requests apart within bounds, answers each
        line with one of ours or ends the client, and serves on (tcmu-runner: D-Bus handlers,
        1000198 to 1000201)."""
        with self.memory_within(16 * MIB):
            for raw in self.requests():
                for line in self.ask(raw).splitlines():
                    self.assertEqual(json.loads(line)["version"], 1)
        self.assertEqual(self.gateway.control("status")["state"], "serving")

    def regression_cve_2017_1000201_clients_that_stay(self):
        """Guards: clients that ask and do not read, or say nothing, hold their places for a while
        only, and keep no one else out."""
        clients = []
        for number in range(100):
            unix = socket.socket(socket.AF_UNIX)
            self.addCleanup(unix.close)
            unix.connect(self.gateway.settings["control_socket"])
            unix.setblocking(False)
            with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
                unix.send(b'{"version":1,"request":"status"}\n' * (number % 3 * 200))
            clients.append(unix)
        wait_until("it answers", 15, lambda: self.gateway.control("status"))
        self.fresh_initiator_works()
        for unix in clients:
            unix.close()


if __name__ == "__main__":
    main()
