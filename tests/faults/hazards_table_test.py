#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""No hazard is without a test, no test without a hazard, and README.md says which is which."""

import re
import unittest

import hazards
from fault_test import loader, main


class Table(unittest.TestCase):
    def test_every_hazard_has_a_test_of_its_name(self):
        self.assertEqual(len(hazards.HAZARDS), 30)
        named = {int(found.group(1)) for _, name, _ in hazards.tests()
                 if (found := re.match(r"hazard_(\d\d)_[a-z]", name))}
        self.assertEqual(named, set(range(1, 31)))

    def test_every_fault_of_others_has_a_test_or_a_reason(self):
        for identity, _, _, why in hazards.REGRESSIONS:
            with self.subTest(identity):
                self.assertNotEqual(bool(hazards.of_regression(identity)), bool(why))

    def test_every_test_is_in_a_table(self):
        prefixes = tuple(hazards.prefix_of(identity) for identity, *_ in hazards.REGRESSIONS)
        for file, name, text in hazards.tests():
            with self.subTest(f"{file}: {name}"):
                if name.startswith("regression_"):
                    self.assertTrue(name.startswith(prefixes))
                for number in hazards.hazards_of(name, text):
                    self.assertIn(number, range(1, 31))

    def test_no_name_stands_twice(self):
        names = [name for _, name, _ in hazards.tests() if not name.startswith("test_")]
        self.assertEqual(sorted(set(names)), sorted(names))

    def test_readme_is_up_to_date(self):
        self.assertEqual(hazards.with_tables(hazards.readme()), hazards.readme(),
                         "run python3 tests/faults/hazards.py")

    def test_the_loader_takes_them(self):
        """A test that no run finds would be in the table all the same."""
        names = ("hazard_01_x", "regression_x", "test_x", "helper")
        some = type("Some", (unittest.TestCase,), dict.fromkeys(names, lambda self: None))
        self.assertEqual(loader().loadTestsFromTestCase(some).countTestCases(), 3)
        for file in {file for file, name, _ in hazards.tests() if not name.startswith("test_")}:
            with open(f"{hazards.HERE}/{file}", encoding="utf-8") as text:
                self.assertRegex(text.read(), r"from fault_test import .*\bmain\b")


if __name__ == "__main__":
    main()
