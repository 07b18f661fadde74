#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""README.md's table is what was measured: made from matrix.json, which is as expected.txt says."""

import os
import unittest

from cunit import FAILED, PASSED, SKIPPED, Outcome
from expectation import load
from report import Matrix
from table import BEGIN, END, put_in, render
from trial import faults_of

HERE = os.path.dirname(os.path.abspath(__file__))


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as text:
        return text.read()


def kept():
    return Matrix.load(read("matrix.json"))


class Table(unittest.TestCase):
    maxDiff = None

    def test_readme_says_what_was_measured(self):
        readme = read("README.md")
        self.assertEqual(readme, put_in(readme, render(kept())), "run: matrix --render")

    def test_another_verdict_would_be_another_table(self):
        matrix = kept()
        before = render(matrix)
        matrix.results[0].suites["Read10"]["Simple"] = FAILED
        after = render(matrix)
        self.assertNotEqual(before, after)
        self.assertIn("**1 failed**", after)

    def test_a_readme_without_its_marks_is_refused(self):
        for readme in ("", f"{BEGIN}\n", f"{END}\n{BEGIN}\n"):
            with self.assertRaises(ValueError):
                put_in(readme, "table")

    def test_the_file_is_the_value(self):
        self.assertEqual(kept().dump(), read("matrix.json"))


class Measured(unittest.TestCase):
    def of_lungate(self):
        return [result for result in kept().results if result.name.startswith("lungate")]

    def test_lungate_did_as_expected_in_every_run(self):
        for result in self.of_lungate():
            backend = result.name.split(", ")[1]
            expected = load(backend, 1 if "one portal" in result.variant else 2)
            outcomes = [Outcome(suite, test, verdict, "")
                        for suite, tests in result.suites.items()
                        for test, verdict in tests.items()]
            with self.subTest(result.name, by=result.variant):
                self.assertEqual(faults_of(outcomes, expected), [])
                self.assertEqual(result.counts()[1], 0)

    def test_every_run_is_of_the_whole_suite(self):
        sizes = {len(result.named(PASSED, SKIPPED)) + result.counts()[1]
                 for result in kept().results}
        self.assertEqual(sizes, {230})

    def test_all_ways_on_both_backends_and_a_peer(self):
        ways = {(result.name, result.variant) for result in kept().results}
        for way in ("one portal", "two portals", "two portals, CHAP", "two portals, mutual CHAP",
                    "two portals, header digests"):
            for name in ("lungate, file", "lungate, rbd"):
                self.assertIn((name, way), ways)
        self.assertIn(("tgt, file", "two portals"), ways)


if __name__ == "__main__":
    unittest.main()
