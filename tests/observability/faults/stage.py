# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where faults are raised: a gateway, its exporter, Prometheus with our rules, and a real fault;
each alert that a test names must fire, and resolve when the fault is over.

    class Killed(Faults):
        @raises("TargetDown:critical")
        def test_killed(self):
            self.gateway.kill()
            self.fires()
            self.gateway.start()
            self.resolves()

The rules are ours but for their times: `for`, the windows of rates and what is computed over days
are shortened (SHORTER), thresholds stay: an alert that compares a share with 80 would not fire."""

import contextlib
import os
import re
import sys
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import scene  # noqa: E402
from scene import lab  # noqa: E402

sys.path.insert(0, f"{scene.lib.ROOT}/tests/faults")
from peer import Closed, Peer  # noqa: E402

# Windows must hold several scrapes of 1 s, and longer ones stay longer than shorter ones.
SHORTER = {"1m": "6s", "5m": "10s", "10m": "12s", "15m": "15s", "30m": "15s", "1h": "20s",
           "2h": "15s", "6h": "20s", "1d": "25s", "3d": "30s"}
WINDOW = re.compile(r"\[(\w+)\]|offset (\w+)")
WAIT = re.compile(r'^( +)(for|keep_firing_for): "(\w+)"$', re.M)
FIRES_SECONDS, RESOLVES_SECONDS = 90, 120


def shorten(rules):
    """The test-only rewrite."""
    def window(found):
        return (f"[{SHORTER[found.group(1)]}]" if found.group(1) else
                f"offset {SHORTER[found.group(2)]}")
    rules = WAIT.sub(lambda found: f'{found.group(1)}{found.group(2)}: "2s"', rules)
    return WINDOW.sub(window, rules).replace("0.5 * 15", "0.5 * 1")  # the scrape interval


@contextlib.contextmanager
def again_and_again(step, pause):
    """`step` in a loop beside the block, which is given what it has thrown, but for lost peers."""
    over, thrown = threading.Event(), []

    def run():
        while not over.wait(pause):
            try:
                step()
            except (Closed, OSError):
                pass
            except Exception as error:  # pylint: disable=broad-except
                thrown.append(error)
                return
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield thrown
    finally:
        over.set()
        thread.join()


class Stage(scene.Scene):
    def write(self, name, source, changes):
        path = super().write(name, source, changes)
        if name == "rules.yml":
            with open(path, "r+", encoding="utf-8") as rules:
                short = shorten(rules.read())
                rules.seek(0)
                rules.truncate()
                rules.write(short)
        return path

    def firing(self):
        """{"TargetDown:critical", ...} now."""
        data = self.ask("alerts") or {"alerts": []}
        return {f"{alert['labels']['alertname'][len('Lungate'):]}:{alert['labels']['severity']}"
                for alert in data["alerts"] if alert["state"] == "firing"}


def raises(*alerts):
    """What a test must see fire and resolve; the table is made of it."""
    def mark(test):
        test.raises = frozenset(alerts)
        return test
    return mark


class Faults(unittest.TestCase):
    LUNS = [lab.file_lun(0, "64MiB")]
    MORE = {}  # keywords of lab.Gateway

    @classmethod
    def setUpClass(cls):
        scene.require("prometheus")
        cls.scene = Stage(cls.LUNS, **cls.MORE)
        cls.addClassCleanup(cls.scene.close)
        cls.gateway = cls.scene.gateway

    def setUp(self):
        self.wanted = getattr(self, self._testMethodName).raises
        lab.wait_until(f"{self.wanted} are silent", RESOLVES_SECONDS,
                       lambda: not self.wanted & self.scene.firing())

    def fires(self, within=FIRES_SECONDS):
        """Every alert that the test names has fired, though not all at the same time."""
        seen = set()

        def all_seen():
            seen.update(self.scene.firing())
            return self.wanted <= seen
        try:
            lab.wait_until("alerts fire", within, all_seen)
        except AssertionError:
            self.fail(f"do not fire: {sorted(self.wanted - seen)}; these do: {sorted(seen)}")
        print(f"{self.id().split('.', 1)[1]}: {', '.join(sorted(self.wanted))}", flush=True)

    def resolves(self, within=RESOLVES_SECONDS):
        try:
            lab.wait_until("alerts resolve", within,
                           lambda: not self.wanted & self.scene.firing())
        except AssertionError:
            self.fail(f"do not resolve: {sorted(self.wanted & self.scene.firing())}")

    # --- acting ---

    def peer(self, lun=0, **more):
        own = ("receive_buffer", "source", "initiator", "timeout")
        options = {key: more.pop(key) for key in own if key in more}
        peer = Peer(self.gateway.portal, **options)
        try:
            peer.login(lab.TARGET, **more)
        except BaseException:
            peer.close()
            raise
        self.addCleanup(peer.close)
        peer.lun = lun
        return peer

    @contextlib.contextmanager
    def again_and_again(self, step, pause=0.05):
        """`step` in a loop beside the block; what it throws fails the test, but for lost peers."""
        with again_and_again(step, pause) as thrown:
            try:
                yield
            finally:  # it may be why the block has failed
                self.assertEqual(thrown, [])

    @contextlib.contextmanager
    def load(self, *words, lun=0):
        """initiator-load until the end of the block."""
        process = self.scene.load("--until-stopped", *words, lun=lun)
        try:
            yield process
        finally:
            process.kill()
            process.communicate()
