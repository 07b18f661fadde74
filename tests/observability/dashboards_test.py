# SPDX-License-Identifier: LGPL-2.1-or-later
"""The dashboards: each as linter.py wants it, and all of them together."""

import filecmp
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import catalogue as lib
import linter
import linter_queries

# Metrics that no panel, annotation, variable or rule reads: { name: reason }.
DELIBERATELY_UNUSED = {
    "lungate_lun_queue_depth_limit":
        "of one session, while commands in flight are counted for all: no line to hold against it",
}


def read_by(expressions):
    """Metrics by their catalogue names."""
    return {re.sub("_(bucket|sum|count)$", "", name)
            for expr in expressions for name, _ in lib.selectors(expr)}


class Each(unittest.TestCase):
    def test_rules(self):
        self.assertEqual(len(lib.DASHBOARDS), 6)
        for board in lib.dashboards():
            with self.subTest(board["uid"]):
                self.assertEqual(linter.lint(board), [])

    def test_queries_are_counted(self):
        for board in lib.dashboards():
            print(f"{board['uid']}: {len(lib.panels(board))} panels, "
                  f"{len(lib.targets(board))} queries")


class Together(unittest.TestCase):
    def test_names(self):
        boards = lib.dashboards()
        for key in ("uid", "title"):
            self.assertEqual(len({board[key] for board in boards}), len(boards))
        for path in lib.DASHBOARDS:
            self.assertEqual(lib.dashboard(path)["uid"] + ".json", os.path.basename(path))

    def test_every_metric_is_looked_at(self):
        """By a panel, annotation, variable or rule; or the reason stands above."""
        used = read_by(expr for board in lib.dashboards()
                       for _, expr in linter_queries.queries(board))
        used |= read_by(rule["expr"] for rule in lib.rules())
        names = {name for name, _, _ in lib.metrics()}
        self.assertEqual(names - used, set(DELIBERATELY_UNUSED))

    def test_recorded_series_are_recorded(self):
        recorded = {rule["record"] for rule in lib.rules() if "record" in rule}
        used = {name for board in lib.dashboards() for _, target in lib.targets(board)
                for name, _ in lib.selectors(target["expr"]) if ":" in name}
        self.assertTrue(used)
        self.assertLessEqual(used, recorded)

    def test_alerts_lead_to_dashboards(self):
        """And set variables that those have."""
        names = {board["uid"]: {variable["name"] for variable in board["templating"]["list"]}
                 for board in lib.dashboards()}
        for rule in lib.rules():
            if "alert" not in rule:
                continue
            url = rule["annotations"]["dashboard_url"]
            uid = re.match(r"/d/([\w-]+)", url).group(1)
            self.assertIn(uid, names, rule["alert"])
            self.assertLessEqual(set(re.findall(r"var-(\w+)=", url)), names[uid], rule["alert"])

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


if __name__ == "__main__":
    unittest.main()
