#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`lungate top` on a terminal, and `lungate slowlog`, at a real gateway: what is drawn, sizes,
keys, ends, and gateways that hang, die and come back."""

import json
import signal
import subprocess
import sys
import termios
import unittest

import catalogue as lib

sys.path.insert(0, f"{lib.ROOT}/tests/faults")
from gateway import TARGET, Gateway, file_lun, programs, wait_until  # noqa: E402
from peer import Peer, read10  # noqa: E402
from terminal import COLOUR, ENTER, HOME, LEAVE, SECONDS, Terminal  # noqa: E402

LONG = "600"  # seconds between readings: what happens on the screen comes from something else


class Screens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway(luns=[file_lun(0, "16MiB"), file_lun(1, "16MiB"),
                                    file_lun(7, "16MiB", name="seventh")])
        cls.addClassCleanup(cls.gateway.close)

    def setUp(self):
        if not self.gateway.server.alive():
            self.gateway.start()

    def top(self, *options, columns=80, lines=24, interval="0.2", env=None):
        command = [f"{programs()}/lungate", "--segment", self.gateway.segment, "top",
                   "--interval", interval, *options]
        terminal = Terminal(command, columns=columns, lines=lines, env=env)
        self.addCleanup(terminal.__exit__)
        terminal.wait_screen("a table", lambda page: any("TARGET" in line for line in page))
        return terminal

    def slowlog(self, *options):
        done = subprocess.run([f"{programs()}/lungate", "--segment", self.gateway.segment,
                               "slowlog", *options], capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done


class Pages(Screens):
    def test_a_page_fits_and_is_given_back(self):
        """Guards: lines cut to the width, a page of the terminal's height, the way out."""
        terminal = self.top()
        self.assertIn(ENTER, terminal.text())
        page = terminal.screen()
        self.assertLessEqual(len(page), 24)
        self.assertLessEqual(max(map(len, page)), 80)
        self.assertIn("gw, lungate", page[0])
        self.assertEqual(sum(" ready" in line for line in page), 3)
        self.assertIn("q quit", page[-1])
        terminal.type("q")
        self.assertEqual(terminal.end(), 0)

    def test_another_size_is_drawn_at_once(self):
        """Guards: SIGWINCH draws again without a reading."""
        terminal = self.top(columns=200, lines=50, interval=LONG)
        self.assertIn("STORE", "".join(terminal.screen()))
        for columns, lines in ((40, 12), (20, 5), (10, 1), (132, 30)):
            terminal.resize(columns, lines)
            terminal.wait_screen(f"{columns}x{lines}", lambda page, c=columns, n=lines: (
                len(page) <= n and max(map(len, page)) <= c
                and (c < 132 or any("SLOW/s" in line for line in page))))
        terminal.type("q")
        self.assertEqual(terminal.end(), 0)

    def test_keys_are_served_at_once(self):
        """Guards: keys are read beside the clock, and an unknown sequence is no letter."""
        terminal = self.top(columns=120, interval=LONG)
        terminal.type("i")
        terminal.wait_screen("initiators", lambda page: "INITIATOR" in "".join(page))
        terminal.type("ii/seventh\r")
        terminal.wait_screen("one LUN", lambda page: (
            sum(" ready" in line for line in page) == 1 and '"seventh"' in page[-1]))
        terminal.type("\x1b[15;5~\x1b")
        terminal.wait_screen("all LUNs", lambda page: sum(" ready" in line for line in page) == 3)
        terminal.type("7r")
        terminal.wait_screen("by name, reversed", lambda page: "sort name reversed" in page[-1])
        rows = [line.split()[1] for line in terminal.screen() if " ready" in line]
        self.assertEqual(rows, ["7", "1", "0"])
        terminal.type("p")
        terminal.wait_screen("a pause", lambda page: page[-1].startswith("PAUSED"))
        terminal.type("?")
        terminal.wait_screen("help", lambda page: any("above the SLO" in line for line in page))
        terminal.type("q")
        self.assertEqual(terminal.end(), 0)

    def test_a_pause_holds_the_table_and_not_the_program(self):
        """Guards: what is shown while paused is what was shown."""
        terminal = self.top(columns=200)
        terminal.type("p")
        before = terminal.wait_screen("a pause", lambda page: page[-1].startswith("PAUSED"))
        pages = terminal.text().count(HOME)
        with Peer(self.gateway.portal) as peer:
            peer.login(TARGET).ready()
            for lba in range(200):
                peer.execute(read10(lba, 1), read=512)
        wait_until("five more pages", SECONDS, lambda: terminal.text().count(HOME) > pages + 5)
        self.assertEqual(terminal.screen(), before)

    def test_interrupted_and_stopped(self):
        """Guards: Ctrl-C gives the terminal back; Ctrl-Z too, until the program goes on."""
        terminal = self.top(interval=LONG)
        terminal.type("\x1a")
        wait_until("it is stopped", SECONDS, terminal.stopped)
        self.assertTrue(terminal.text().rstrip().endswith(LEAVE))
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.cooked)
        pages = terminal.text().count(HOME)
        terminal.go_on()
        wait_until("it draws again", SECONDS, lambda: terminal.text().count(HOME) > pages)
        self.assertGreater(terminal.text().rfind(ENTER), terminal.text().rfind(LEAVE))
        terminal.type("\x03")
        self.assertEqual(terminal.end(), 0)

    def test_only_ascii_where_that_is_the_locale(self):
        """Guards: the locale, and --ascii."""
        with Peer(self.gateway.portal) as peer:
            peer.login(TARGET).ready()
            for env, options, ascii_only in (({}, (), False), ({}, ("--ascii",), True),
                                             ({"LC_ALL": "C"}, (), True)):
                terminal = self.top(*options, env=env)

                def reads(page, p=peer):
                    p.execute(read10(0, 1), read=512)
                    rows = [line.split() for line in page if " ready" in line]
                    return any(row[1] == "0" and row[3] != "0" for row in rows)
                terminal.wait_screen("what is read, with its trend", reads)
                self.assertEqual(terminal.text().isascii(), ascii_only, (env, options))
                terminal.type("q")
                self.assertEqual(terminal.end(), 0)


class Gateways(Screens):
    def test_a_gateway_that_hangs_is_silent_in_red_and_in_words(self):
        """Guards: the heartbeat's age in the headline; NO_COLOR."""
        coloured, plain = self.top(columns=200), self.top(columns=200, env={"NO_COLOR": "1"})
        self.gateway.server.process.send_signal(signal.SIGSTOP)
        try:
            for terminal in (coloured, plain):
                terminal.wait_screen("SILENT", lambda page: "SILENT" in page[0])
        finally:
            self.gateway.server.process.send_signal(signal.SIGCONT)
        self.assertRegex(coloured.text(), "\x1b\\[1;31mheartbeat [^\x1b]*SILENT\x1b\\[0m")
        self.assertIsNone(COLOUR.search(plain.text()))

    def test_a_gateway_that_dies_and_comes_back(self):
        """Guards: a target that ends is news on the page, not the page's end."""
        terminal = self.top()
        self.gateway.kill()
        terminal.wait_screen("the news", lambda page: "lungate-target is not running" in page[0])
        dead = self.slowlog()
        self.assertIn("lungate-target is not running: it has died", dead.stderr)
        self.assertIs(json.loads(self.slowlog("--json").stdout)["alive"], False)
        self.gateway.start()
        terminal.wait_screen("the table", lambda page: sum(" ready" in line for line in page) == 3)
        terminal.type("q")
        self.assertEqual(terminal.end(), 0)

    def test_without_a_terminal_there_are_no_escapes(self):
        """Guards: pages in a pipe, and on a terminal without a name."""
        command = [f"{programs()}/lungate", "--segment", self.gateway.segment, "top",
                   "--interval", "0.1"]
        batch = subprocess.run([*command, "--batch", "--count", "2"], capture_output=True,
                               text=True, timeout=60, stdin=subprocess.DEVNULL, check=True)
        self.assertEqual(batch.stdout.count("TARGET"), 2)
        self.assertNotIn("\x1b", batch.stdout)
        with Terminal(command, columns=80, lines=24, env={"TERM": "dumb"}) as terminal:
            wait_until("two tables", SECONDS, lambda: terminal.text().count("TARGET") >= 2)
            self.assertNotIn("\x1b", terminal.text())
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as piped:
            self.assertIn(b"gw, lungate", piped.stdout.readline())
            piped.stdout.close()
            self.assertNotEqual(piped.wait(SECONDS), 0, "its reader has gone away")


if __name__ == "__main__":
    unittest.main()
