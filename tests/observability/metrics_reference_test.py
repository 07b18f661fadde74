#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""exporter/METRICS.md is what the sources give, and the reader of the sources misses nothing."""

import re
import unittest

import metrics_reference as lib

SOURCE = '''
// --- Boxes ---------------------------------------------------------

// A comment.
constexpr Metric kA{
    "lungate_a_seconds",
    kHistogram,
    Unit::kSeconds,
    "gateway,op",
    "What \\"a\\" is",
    "Bad when "
    "high."};

constexpr Metric kB{"lungate_b_total", kCounter, Unit::kNone, "", "What b is", "Never."};
'''


class Reference(unittest.TestCase):
    def setUp(self):
        self.metrics = lib.declared(SOURCE)

    def test_committed_is_what_the_sources_give(self):
        with open(lib.REFERENCE, encoding="utf-8") as text:
            self.assertEqual(text.read(), lib.make(),
                             "run tests/observability/metrics_reference.py --write")

    def test_no_metric_is_missing(self):
        with open(lib.METRICS, encoding="utf-8") as text:
            source = text.read()
        found = [metric.name for metric in lib.declared(source)]
        self.assertEqual(len(found), len(re.findall(r"\bconstexpr Metric\b", source)))
        self.assertEqual(len(found), len(set(found)))
        self.assertGreater(len(found), 60)

    def test_declarations_are_read_whole(self):
        a, b = self.metrics
        self.assertEqual((a.section, a.name, a.kind), ("Boxes", "lungate_a_seconds", "histogram"))
        self.assertEqual(a.labels, ["gateway", "op"])
        self.assertEqual((a.help, a.advice), ('What "a" is', "Bad when high."))
        self.assertEqual((b.labels, b.kind), ([], "counter"))

    def test_uses_are_found_through_recording_rules_and_rows(self):
        row = {"title": "Row", "panels": [{"title": "Tail", "targets": [
            {"expr": "histogram_quantile(0.99, rate(lungate_a_seconds_bucket[1m]))"}]}]}
        rules = [{"record": "lun:lungate_b_total:rate5m", "expr": "rate(lungate_b_total[5m])"},
                 {"alert": "Often", "expr": "lun:lungate_b_total:rate5m > 1"}]
        lib.find_uses(self.metrics, [{"title": "Board", "panels": [row]}], rules)
        a, b = self.metrics
        self.assertEqual((a.panels, a.alerts), ({"Board": ["Tail"]}, []))
        self.assertEqual((b.panels, b.alerts), ({}, ["Often"]))


if __name__ == "__main__":
    unittest.main()
