#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The reading of results can go red: skips are no passes, hangs and new failures are seen."""

import unittest

from cunit import FAILED, HUNG, PASSED, SKIPPED, parse
from expectation import Expectations

OUTPUT = """

     CUnit - A unit testing framework for C - Version 2.1-3

Suite: Read10
  Test: Simple ...passed
  Test: BeyondEol ...FAILED
    1. test_read10_beyond_eol.c:60  - CU_ASSERT_EQUAL(ret,0)
    2. test_read10_beyond_eol.c:77  - CU_ASSERT_EQUAL(ret,0)
  Test: DpoFua ...    [SKIPPED] not implemented.
    [SKIPPED] not implemented.
passed
  Test: Async ...    [FAILED] READ10 failed.
FAILED
    1. test_async_read.c:60  - CU_ASSERT_EQUAL(ret,0)
  Test: Reset ...passed    [SKIPPED] PERSISTENT RESERVE IN is not implemented.
    [SKIPPED] PERSISTENT RESERVE IN is not implemented.
Suite: Unmap
  Test: Simple ..."""


class Reading(unittest.TestCase):
    def test_verdicts(self):
        self.assertEqual([(one.name, one.verdict) for one in parse(OUTPUT)], [
            ("Read10.Simple", PASSED), ("Read10.BeyondEol", FAILED), ("Read10.DpoFua", SKIPPED),
            ("Read10.Async", FAILED), ("Read10.Reset", PASSED), ("Unmap.Simple", HUNG)])

    def faults(self, text):
        expectations = Expectations(text, "file")
        return [one.name for one in parse(OUTPUT) if expectations.fault(one)]

    def test_expectations(self):
        everything = ["Read10.BeyondEol", "Read10.DpoFua", "Read10.Async", "Unmap.Simple"]
        self.assertEqual(self.faults("pass Read10\npass Unmap"), everything)
        self.assertEqual(self.faults("absent Read10 why\nabsent Unmap why"), ["Unmap.Simple"])
        self.assertEqual(self.faults("pass Read10\nskip Read10.DpoFua why\nfail Read10.Async why\n"
                                     "fail Read10.BeyondEol why [file]\nabsent Unmap why"),
                         ["Unmap.Simple"])
        self.assertIn("Read10.BeyondEol", self.faults("pass Read10\n"
                                                      "fail Read10.BeyondEol why [rbd]"))
        self.assertIn("Read10.Simple", self.faults("fail Read10 because"))
        self.assertEqual(len(self.faults("")), 6)

    def test_lines_that_are_wrong(self):
        for line in ("pas Read10", "skip Read10.Simple", "absent Read10"):
            with self.assertRaises(ValueError):
                Expectations(line, "file")


if __name__ == "__main__":
    unittest.main()
