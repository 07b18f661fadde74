#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The reading of results can go red: skips are no passes, hangs and new failures are seen."""

import unittest
from unittest import mock

from cunit import FAILED, HUNG, PASSED, SKIPPED, Outcome, parse
from expectation import Expectations
from report import matrix_lines
from served import Served, Variant
from trial import again_alone, faults_of, intruders, not_run

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

    def test_what_is_said_of_those_that_did_not_pass(self):
        said = {one.name: one.said() for one in parse(OUTPUT)}
        self.assertEqual(said["Read10.DpoFua"], "not implemented.")
        self.assertEqual(said["Read10.Async"], "READ10 failed.")
        self.assertIn("test_read10_beyond_eol.c:60", said["Read10.BeyondEol"])
        self.assertEqual(said["Read10.Simple"], "")

    def faults(self, text, *tags):
        return [fault.split(":")[0] for fault in
                faults_of(parse(OUTPUT), Expectations(text, *(tags or ("file",))))]

    def test_expectations(self):
        everything = ["Read10.BeyondEol", "Read10.DpoFua", "Read10.Async", "Unmap.Simple"]
        self.assertEqual(self.faults("pass Read10\npass Unmap"), everything)
        self.assertEqual(self.faults("pass Read10\nskip Read10.DpoFua why\nfail Read10.Async why\n"
                                     "fail Read10.BeyondEol why [file]\npass Unmap"),
                         ["Unmap.Simple"])
        self.assertIn("Read10.BeyondEol", self.faults("pass Read10\n"
                                                      "fail Read10.BeyondEol why [rbd]"))
        self.assertIn("Read10.Simple", self.faults("fail Read10 because"))
        self.assertIn("Read10.Async", self.faults("pass Read10\nskip Read10.Async why"))
        self.assertIn("Read10.Async", self.faults("pass Read10\nalone Read10.Async why"))
        self.assertEqual(len(self.faults("")), 6)

    def test_a_line_holds_for_what_it_names(self):
        text = "pass Read10\nfail Read10.Async why [rbd, two paths]"
        self.assertIn("Read10.Async", self.faults(text, "file", "one path"))
        for tags in (("file", "two paths"), ("rbd", "one path")):
            self.assertNotIn("Read10.Async", self.faults(text, *tags))

    def test_lines_that_are_wrong(self):
        for line in ("pas Read10", "skip Read10.Simple", "fail Read10", "alone Read10.Simple"):
            with self.assertRaises(ValueError):
                Expectations(line, "file")

    def test_what_was_cut_off_is_missed(self):
        suites = {"Read10": ["Simple", "ZeroBlocks"], "Unmap": ["Simple"], "Inquiry": ["Standard"]}
        self.assertEqual(not_run(parse(OUTPUT), [], suites),
                         ["Read10.ZeroBlocks: not run", "Inquiry.Standard: not run"])
        self.assertEqual(not_run(parse(OUTPUT), ["Unmap", "Read10.Simple"], suites), [])
        self.assertEqual(not_run([], ["Unmap"], suites), ["Unmap.Simple: not run"])
        self.assertEqual(not_run([], ["Unmapped"], suites), ["Unmapped: there is no such test"])

    def test_the_matrix_tells_skips_from_passes(self):
        lines = list(matrix_lines(parse(OUTPUT), lambda suite, test: f"why {test}"))
        self.assertEqual([line.split() for line in lines[1:]], [
            ["Read10", "2", "2", "1", "why", "DpoFua"], ["Unmap", "0", "1", "0"],
            ["all", "2", "3", "1"]])


class Alone(unittest.TestCase):
    """A test that fails because of its neighbours counts as it does without them."""

    LINE = "pass Read10\npass Unmap\nalone Read10.Async why"

    def settled(self, verdict, text=LINE):
        subject = Served("somebody", "", ["iscsi://there"])
        found = [Outcome("Read10", "Async", verdict, "")] if verdict else []
        with mock.patch("cunit.run", return_value=found) as run, mock.patch("builtins.print"):
            outcomes = again_alone(parse(OUTPUT), Expectations(text, "file"), subject)
        return {one.name: one.verdict for one in outcomes}, [call.args for call in
                                                            run.call_args_list]

    def test_it_is_run_again_and_nothing_else(self):
        verdicts, calls = self.settled(PASSED)
        self.assertEqual(calls, [("ALL.Read10.Async", "iscsi://there")])
        self.assertEqual(verdicts["Read10.Async"], PASSED)
        self.assertEqual(verdicts["Read10.BeyondEol"], FAILED)

    def test_what_fails_alone_has_failed(self):
        for verdict in (FAILED, HUNG, None):
            self.assertIn(self.settled(verdict)[0]["Read10.Async"], (FAILED, HUNG))

    def test_without_its_line_it_is_not(self):
        verdicts, calls = self.settled(PASSED, "pass Read10")
        self.assertEqual((verdicts["Read10.Async"], calls), (FAILED, []))


class Ways(unittest.TestCase):
    """What a variant is about is in its configuration and in its URL."""

    def test_chap(self):
        self.assertNotIn("chap", Variant().more())
        self.assertIn("host%", Variant(chap="one-way").url("a:1"))
        self.assertNotIn("mutual", Variant(chap="one-way").more())
        self.assertIn("mutual_secret", Variant(chap="mutual").more())
        self.assertIn("target_password", Variant(chap="mutual").url("a:1"))

    def test_every_secret_is_tried_wrong(self):
        self.assertEqual([len(Variant(chap=chap).wrong_urls("a:1"))
                          for chap in ("", "one-way", "mutual")], [0, 1, 2])
        self.assertNotIn(Variant(chap="mutual").url("a:1"),
                         Variant(chap="mutual").wrong_urls("a:1"))

    def test_a_target_that_takes_no_digest_but_one(self):
        self.assertEqual(Variant(header_digest=True).settings()["header_digest"], ["CRC32C"])

    def test_who_gets_in_is_told(self):
        subject = Served("somebody", "", [], wrong_urls=["iscsi://a", "iscsi://b"])
        with mock.patch("cunit.run", side_effect=[[], [Outcome("S", "T", PASSED, "")]]):
            self.assertEqual(intruders(subject), ["iscsi://b: gets in"])


if __name__ == "__main__":
    unittest.main()
