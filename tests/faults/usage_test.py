#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How the programs end when they are told nonsense: the same for all three, for the service manager
tells by it whether starting again is of any use (RestartPreventExitStatus=).
"""

import os
import subprocess
import tempfile
import unittest

from fault_test import main
from gateway import programs

WRONG_CONFIGURATION = 2
WRONG_COMMAND_LINE = 64


def status(program, *words):
    return subprocess.run([f"{programs()}/{program}", *words], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60, check=False).returncode


class Usage(unittest.TestCase):
    PROGRAMS = [program for program in ("lungate", "lungate-target", "lungate-exporter")
                if os.path.exists(f"{programs()}/{program}")]

    def test_a_wrong_command_line(self):
        """Guards: nothing was started, and it is told apart from a configuration."""
        for program in self.PROGRAMS:
            for words in ((), ("--frobnicate",), ("a", "b", "c", "d")):
                with self.subTest(program=program, words=words):
                    self.assertEqual(status(program, *words), WRONG_COMMAND_LINE)

    def test_a_wrong_configuration(self):
        """Guards: a text that is wrong ends the start for good."""
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as text:
            text.write("[gateway]\nname = 7\n")
            text.flush()
            for program, *words in (("lungate", "check", text.name), ("lungate-target", text.name),
                                    ("lungate-exporter", "--config", text.name)):
                with self.subTest(program=program):
                    self.assertEqual(status(program, *words), WRONG_CONFIGURATION)

    def test_help_and_version_are_no_mistakes(self):
        for program in self.PROGRAMS:
            for word in ("--help", "--version"):
                with self.subTest(program=program, word=word):
                    self.assertEqual(status(program, word), 0)


if __name__ == "__main__":
    main()
