# SPDX-License-Identifier: LGPL-2.1-or-later
"""No alert without a fault that has raised it: the tests of this folder name what they raise, and
what none of them can is argued here. `table_test.py --print` writes the table."""

import glob
import importlib
import os
import re
import sys
import unittest

from stage import HERE, Faults, scene, shorten

# "Alert:severity": why no fault here can raise it. It is tried with made-up data in alerts/tests.
NOT_HERE = {}


def tests():
    """(file, class, test) of all that raise something."""
    for path in sorted(glob.glob(f"{HERE}/*_test.py")):
        name = os.path.basename(path)[:-len(".py")]
        if name == "table_test":
            continue
        for one in vars(importlib.import_module(name)).values():
            if isinstance(one, type) and issubclass(one, Faults) and one.__module__ == name:
                for word, test in vars(one).items():
                    if word.startswith("test_"):
                        yield name, one, test


def table():
    """{"Alert:severity": ["file: Class.test", ...]}"""
    found = {}
    for file, one, test in tests():
        for alert in test.raises:
            found.setdefault(alert, []).append(f"{file}: {one.__name__}.{test.__name__}")
    return found


def alerts():
    return {f"{rule['alert'][len('Lungate'):]}:{rule['labels']['severity']}"
            for rule in scene.lib.rules() if "alert" in rule}


class Table(unittest.TestCase):
    def test_every_alert_is_raised_or_argued(self):
        self.assertEqual(alerts() - set(table()) - set(NOT_HERE), set())

    def test_nothing_else_is_named(self):
        self.assertEqual((set(table()) | set(NOT_HERE)) - alerts(), set())
        self.assertEqual(set(table()) & set(NOT_HERE), set())

    def test_rewrite_changes_times_alone(self):
        """Guards: what fires here is what we ship, sooner."""
        with open(scene.lib.RULES, encoding="utf-8") as text:
            ours = text.read()
        times = re.compile(r'\[\w+\]|offset \w+|(for|keep_firing_for): "\w+"|0\.5 \* \d+')
        self.assertEqual(times.sub("", ours), times.sub("", shorten(ours)))


def main():
    if "--print" not in sys.argv:
        unittest.main()
    print("| alert | severity | raised by |\n|---|---|---|")
    for alert, by in sorted({**table(), **{key: [why] for key, why in NOT_HERE.items()}}.items()):
        name, severity = alert.split(":")
        print(f"| Lungate{name} | {severity} | {'; '.join(by)} |")


if __name__ == "__main__":
    main()
