# SPDX-License-Identifier: LGPL-2.1-or-later
"""Alerts, without running anything: the rules are what their sources give, every alert says what it
must, and each has the three cases that show what it does: it fires, just below it does not, and
without data it does not either."""

import collections
import glob
import json
import os
import re
import shutil
import subprocess
import unittest

import yaml

import catalogue as lib

CASES = sorted(glob.glob(f"{lib.ROOT}/alerts/tests/*.test.yml"))
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
COMPONENTS = {"slo", "lun", "gateway", "iscsi", "ceph", "exporter"}
BOARDS = {"overview", "gateway", "lun", "initiators", "ceph", "exporter"}
PARTS = ("**Meaning.**", "**Impact.**", "**Diagnosis.**", "**Mitigation.**", "**False positives.**")
SERIES = re.compile(r"^\w+")


RULES = lib.rules()
ALERTS = [rule for rule in RULES if "alert" in rule]


def runbooks():
    """{anchor: text} of every section."""
    with open(f"{lib.ROOT}/alerts/runbooks.md", encoding="utf-8") as text:
        sections = re.split(r"^## ", text.read(), flags=re.M)[1:]
    return {section.split("\n", 1)[0].strip().lower(): section for section in sections}


def reads(expr, records):
    """Every series of a page that an expression looks at, through what is recorded."""
    found = set()
    for name, _ in lib.selectors(expr):
        found |= reads(records[name], records) if name in records else {name}
    return found


class Cases:
    """What the unit tests show of each alert, by (name, severity)."""

    def __init__(self):
        self.fires, self.silent, self.without_data = set(), set(), {}
        self.series_when_silent = collections.defaultdict(set)
        for path in CASES:
            with open(path, encoding="utf-8") as text:
                for case in yaml.load(text, LOADER)["tests"]:
                    for check in case["alert_rule_test"]:
                        self.take(case, check)

    def take(self, case, check):
        name, found = check["alertname"], check["exp_alerts"]
        if not case["input_series"]:
            self.without_data[name] = len(found)
            return
        fired = {(name, alert["exp_labels"]["severity"]) for alert in found}
        self.fires |= fired
        for severity in {"info", "warning", "critical"} - {severity for _, severity in fired}:
            self.silent.add((name, severity))
            self.series_when_silent[name, severity] |= {
                SERIES.match(one["series"]).group() for one in case["input_series"]}


class Rules(unittest.TestCase):
    @unittest.skipUnless(shutil.which("jsonnet"), "jsonnet is not installed")
    def test_committed_is_what_the_sources_give(self):
        """Their contents: as JSON, since Debian's jsonnet takes half a minute to write YAML."""
        fresh = subprocess.run(["jsonnet", "-e", '(import "alerts/mixin.libsonnet").rules'],
                               cwd=lib.ROOT, check=True, capture_output=True, text=True).stdout
        with open(lib.RULES, encoding="utf-8") as text:
            self.assertEqual(yaml.load(text, LOADER), json.loads(fresh))

    def test_every_threshold_is_in_the_config(self):
        """Guards: a site changes a number in one place: no number above 1 stands in lib/ beside a
        comparison (0 and 1 are no thresholds but yes and no)."""
        compared = r"[<>] *(?:[2-9]|1\d|0?\.\d|1\.\d)"
        for path in glob.glob(f"{lib.ROOT}/alerts/lib/*.libsonnet"):
            with open(path, encoding="utf-8") as text:
                for number, line in enumerate(text, 1):
                    self.assertNotRegex(line, compared, f"{path}:{number}")

    def test_records_are_level_metric_operation(self):
        for rule in RULES:
            if "record" in rule:
                self.assertRegex(rule["record"],
                                 r"^(lun|place|loop|gateway|fleet):lungate_\w+:\w+$")


class Form(unittest.TestCase):
    def test_labels(self):
        for rule in ALERTS:
            self.assertRegex(rule["alert"], r"^Lungate([A-Z][a-z]*|IO)+$")
            self.assertIn(rule["labels"]["severity"], ("info", "warning", "critical"))
            self.assertIn(rule["labels"]["component"], COMPONENTS)

    def test_annotations(self):
        sections = runbooks()
        for rule in ALERTS:
            notes, name = rule["annotations"], rule["alert"]
            self.assertTrue(notes["summary"], name)
            self.assertIn("$value", notes["description"], name)
            self.assertEqual(notes["runbook_url"].split("#")[1], name.lower())
            self.assertIn(name.lower(), sections)
            board = re.match(r"/d/lungate-([a-z]+)(\?|$)", notes["dashboard_url"]).group(1)
            self.assertIn(board, BOARDS)

    def test_every_dashboard_is_there(self):
        there = {os.path.basename(path)[:-len(".json")] for path in lib.DASHBOARDS}
        used = {re.match(r"/d/([\w-]+)", rule["annotations"]["dashboard_url"]).group(1)
                for rule in ALERTS}
        self.assertLessEqual(used, there)

    def test_waits(self):
        """Guards: `for` covers two scrapes, but where the value is an age, which has waited."""
        for rule in ALERTS:
            if re.search("age_seconds|oldest_inflight_seconds", rule["expr"]):
                continue
            self.assertNotIn(rule.get("for", "0s"), ("0s", "5s", "10s", "15s"), rule["alert"])

    def test_runbooks(self):
        sections = runbooks()
        self.assertEqual(set(sections), {rule["alert"].lower() for rule in ALERTS})
        for anchor, text in sections.items():
            for part in PARTS:
                self.assertIn(part, text, anchor)

    def test_commands_of_runbooks_can_be_pasted(self):
        """Guards: at three in the morning a line is pasted as it stands: it is whole, and says to
        iscsiadm whose record, what and to which value."""
        for anchor, text in runbooks().items():
            for line in re.findall(r"^    .*", text, flags=re.M):
                self.assertNotRegex(line, r"(\||\\|\s--?\w+)$" if "grep" in line else r"[|\\]$",
                                    anchor)
            for update in re.findall(r"`(iscsiadm[^`]*--op[= ]update[^`]*)`", text):
                for option in (" -T ", " -n ", " -v "):
                    self.assertIn(option, update, anchor)

    def test_thresholds_of_top(self):
        """Guards: the page that an operator looks at and the pager agree on what is full."""
        with open(f"{lib.ROOT}/alerts/mixin.libsonnet", encoding="utf-8") as text:
            place = re.search(r"place: \{ warning: ([\d.]+), critical: ([\d.]+)", text.read())
        with open(f"{lib.ROOT}/ctl/top_grid.cc", encoding="utf-8") as text:
            shown = re.findall(r"double kPlace(?:Warning|Critical) = ([\d.]+);", text.read())
        self.assertEqual(list(place.groups()), shown)


class ThreeCases(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cases = Cases()
        cls.names = {(rule["alert"], rule["labels"]["severity"]) for rule in ALERTS}

    def test_each_fires(self):
        self.assertEqual(self.names - self.cases.fires, set())
        self.assertEqual(self.cases.fires - self.names, set(), "cases of alerts that are no more")

    def test_each_stays_silent_just_below(self):
        """The case must hold the very series that the alert looks at."""
        self.assertEqual(self.names - self.cases.silent, set())
        records = {rule["record"]: rule["expr"] for rule in RULES if "record" in rule}
        for rule in ALERTS:
            key = rule["alert"], rule["labels"]["severity"]
            seen = self.cases.series_when_silent[key]
            self.assertTrue(seen & reads(rule["expr"], records), f"{key}: {seen}")

    def test_each_is_asked_without_data(self):
        """Nothing fires without data, but what looks for absence: that must."""
        for rule in ALERTS:
            name = rule["alert"]
            self.assertIn(name, self.cases.without_data)
            wanted = 1 if rule["expr"].startswith("absent(") else 0
            self.assertEqual(self.cases.without_data[name], wanted, name)


if __name__ == "__main__":
    unittest.main()
