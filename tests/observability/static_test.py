# SPDX-License-Identifier: LGPL-2.1-or-later
"""Dashboards and rules, without running anything: form, and that the catalogue has every name."""

import collections
import filecmp
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import catalogue as lib

UNITS = {"short", "s", "iops", "ops", "Bps", "bytes", "percentunit"}
BY = re.compile(r"\b(?:by|ignoring|on)\s*\(([^)]*)\)")
LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def labels_of(expr):
    """What survives the outermost aggregation; None: no aggregation."""
    found = re.match(r"^(?:topk\(\d+, )?(?:histogram_quantile\([\d.]+, )?\(?"
                     r"(?:sum|max|min|avg|count)(?: by \(([^)]*)\))?", expr)
    return None if found is None else set(re.findall(r"\w+", found.group(1) or ""))


class Expressions(unittest.TestCase):
    def setUp(self):
        self.series = lib.catalogue()
        for rule in lib.rules():
            if "record" in rule:
                kept = BY.search(rule["expr"]).group(1)
                self.series[rule["record"]] = set(re.findall(r"\w+", kept))

    def all(self):
        for path in lib.DASHBOARDS:
            board = lib.dashboard(path)
            for panel, target in lib.targets(board):
                yield panel["title"], target["expr"]
            for annotation in board["annotations"]["list"]:
                yield annotation["name"], annotation["expr"]
            for variable in board["templating"]["list"]:
                if variable["type"] == "query":
                    yield variable["name"], variable["query"]["query"]
        for rule in lib.rules():
            yield rule.get("alert") or rule["record"], rule["expr"]

    def test_catalogue_was_read(self):
        self.assertGreater(len(self.series), 50)
        self.assertIn("lungate_lun_op_duration_seconds_bucket", self.series)

    def test_every_metric_and_label_exists(self):
        for where, expr in self.all():
            found = lib.selectors(expr)
            self.assertTrue(found, f"{where}: no metric in {expr}")
            for name, matchers in found:
                self.assertIn(name, self.series, where)
                for label in lib.MATCHER.findall(matchers):
                    self.assertIn(label, self.series[name], f"{where}: {name}")
            known = set().union(*(self.series[name] for name, _ in found))
            for group in BY.findall(expr):
                self.assertLessEqual(set(re.findall(r"\w+", group)), known, f"{where}: {expr}")

    def test_quantiles_keep_le(self):
        for where, expr in self.all():
            for after in expr.split("histogram_quantile(")[1:]:
                self.assertRegex(after, r"^[\d.]+, sum by \(le[,)]", where)

    def test_counters_are_only_seen_as_rates(self):
        for where, expr in self.all():
            for name, matchers in lib.selectors(expr):
                if re.search("_(total|count|sum|bucket)$", name):
                    seen = rf"(rate|increase)\(\s*{re.escape(name + matchers)}\["
                    self.assertRegex(expr, seen, where)


class Dashboards(unittest.TestCase):
    def boards(self):
        self.assertTrue(lib.DASHBOARDS)
        return [(path, lib.dashboard(path)) for path in lib.DASHBOARDS]

    def test_head(self):
        for path, board in self.boards():
            self.assertEqual(board["schemaVersion"], 39)
            self.assertIsNone(board["id"])
            self.assertFalse(board["editable"])
            self.assertEqual(board["uid"] + ".json", os.path.basename(path))

    def test_variables(self):
        for _, board in self.boards():
            found = {variable["name"]: variable for variable in board["templating"]["list"]}
            self.assertEqual(list(found), ["datasource", "job", "gateway", "target", "lun"])
            self.assertEqual(found.pop("datasource")["type"], "datasource")
            for variable in found.values():
                self.assertTrue(variable["multi"] and variable["includeAll"])
                self.assertEqual((variable["allValue"], variable["refresh"]), (".+", 2))

    def test_panels_help(self):
        for _, board in self.boards():
            titles = collections.Counter(panel["title"] for panel in board["panels"])
            self.assertEqual([title for title, count in titles.items() if count > 1], [])
            for panel in lib.panels(board):
                self.assertGreater(len(panel["description"]), 60, panel["title"])
                self.assertIn(panel["fieldConfig"]["defaults"]["unit"], UNITS, panel["title"])
                self.assertTrue(panel["targets"], panel["title"])

    def test_targets(self):
        for _, board in self.boards():
            for panel, target in lib.targets(board):
                self.assertEqual(target["datasource"]["uid"], "${datasource}", panel["title"])
                for name, matchers in lib.selectors(target["expr"]):
                    self.assertIn('job=~"$job"', matchers, f"{panel['title']}: {name}")
                ranges = set(re.findall(r"\[([^\]]*)\]", target["expr"]))
                self.assertLessEqual(ranges, {"$__rate_interval"}, panel["title"])
            for panel in lib.panels(board):
                names = [target["refId"] for target in panel["targets"]]
                self.assertEqual(len(names), len(set(names)), panel["title"])

    def test_legends_survive_aggregation(self):
        for _, board in self.boards():
            for panel, target in lib.targets(board):
                wanted = set(LEGEND.findall(target["legendFormat"]))
                left = labels_of(target["expr"])
                if left is not None:
                    self.assertLessEqual(wanted, left, panel["title"])

    def test_places(self):
        for _, board in self.boards():
            ids = [panel["id"] for panel in board["panels"]]
            self.assertEqual(len(ids), len(set(ids)))
            taken = {}
            for panel in board["panels"]:
                place = panel["gridPos"]
                self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
                for x in range(place["x"], place["x"] + place["w"]):
                    for y in range(place["y"], place["y"] + place["h"]):
                        self.assertNotIn((x, y), taken, f"{panel['title']}, {taken.get((x, y))}")
                        taken[x, y] = panel["title"]

    @unittest.skipUnless(shutil.which("jsonnet"), "jsonnet is not installed")
    def test_committed_is_what_the_sources_give(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["jsonnet", "-m", folder, "-e",
                            '(import "grafana/mixin.libsonnet").grafanaDashboards'],
                           cwd=lib.ROOT, check=True, stdout=subprocess.DEVNULL)
            names = sorted(os.listdir(folder))
            self.assertEqual(names, [os.path.basename(path) for path in lib.DASHBOARDS])
            for path in lib.DASHBOARDS:
                fresh = f"{folder}/{os.path.basename(path)}"
                self.assertTrue(filecmp.cmp(path, fresh, shallow=False), path)

    def test_provisioning(self):
        for kind, key in (("datasources", "datasources"), ("dashboards", "providers")):
            found = glob.glob(f"{lib.ROOT}/grafana/provisioning/{kind}/*.yaml")
            self.assertTrue(found, kind)
            for path in found:
                with open(path, encoding="utf-8") as text:
                    content = lib.yaml.safe_load(text)
                self.assertEqual(content["apiVersion"], 1)
                self.assertTrue(content[key])


class Alerts(unittest.TestCase):
    def alerts(self):
        return [rule for rule in lib.rules() if "alert" in rule]

    def test_form(self):
        with open(f"{lib.ROOT}/alerts/runbooks.md", encoding="utf-8") as text:
            anchors = {line[3:].strip().lower() for line in text if line.startswith("## ")}
        boards = {lib.dashboard(path)["uid"] for path in lib.DASHBOARDS}
        for rule in self.alerts():
            notes = rule["annotations"]
            self.assertIn(rule["labels"]["severity"], ("warning", "critical"))
            self.assertTrue(notes["summary"], rule["alert"])
            self.assertIn("$value", notes["description"], rule["alert"])
            self.assertEqual(notes["runbook_url"].split("#")[1], rule["alert"].lower())
            self.assertIn(rule["alert"].lower(), anchors)
            self.assertIn(re.match(r"/d/([\w-]+)", notes["dashboard_url"]).group(1), boards)

    def test_each_has_cases_that_fire_and_that_do_not(self):
        fires, silent = set(), set()
        for path in glob.glob(f"{lib.ROOT}/alerts/tests/*.yml"):
            with open(path, encoding="utf-8") as text:
                cases = lib.yaml.safe_load(text)["tests"]
            for check in (check for case in cases for check in case["alert_rule_test"]):
                (fires if check["exp_alerts"] else silent).add(check["alertname"])
        names = {rule["alert"] for rule in self.alerts()}
        self.assertEqual(fires, names)
        self.assertEqual(silent, names)


if __name__ == "__main__":
    unittest.main()
