# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every query that we ship, run against a live gateway under real I/O: it answers, with finite and
plausible numbers. What must be empty on a healthy gateway is on a list."""

import math
import signal
import statistics
import subprocess
import unittest

import catalogue as lib
import expectations as expected
import scene
from expectations import in_prometheus
from scene import lab

BLOCK_BYTES = 4096


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scene = scene.Scene([lab.file_lun(0, "64MiB", test_delay_ms=1),
                                 lab.file_lun(1, "64MiB")])
        cls.addClassCleanup(cls.scene.close)
        cls.loads = [cls.scene.load("--until-stopped", "--depth", "4", "--block-bytes",
                                    str(BLOCK_BYTES), "--read-percent", "50",
                                    "--iops-max", "400", lun=lun) for lun in (0, 1)]
        cls.addClassCleanup(cls.end_loads)
        cls.scene.wait_scrapes(15)

    @classmethod
    def end_loads(cls):
        for load in cls.loads:
            if load.poll() is None:
                load.kill()
                load.wait()
            load.stdout.close()

    def check(self, title, expr, unit, matchers_too=True):
        found = self.scene.query(in_prometheus(expr))
        if title in expected.EMPTY:
            self.assertEqual(found, [], title)
            for name, matchers in lib.selectors(expr):
                alone = in_prometheus(name + (matchers if matchers_too else ""))
                if name not in expected.ABSENT and not expected.may_be_empty(alone):
                    self.assertTrue(self.scene.query(alone), f"{title}: {alone}")
            return found
        if not expected.may_be_empty(expr):
            self.assertTrue(found, f"{title}: no data from {expr}")
        lowest, highest = expected.bounds(title, unit)
        for labels, value in found:
            self.assertTrue(math.isfinite(value), f"{title}: {labels} is {value}")
            self.assertTrue(lowest <= value <= highest, f"{title}: {labels} is {value}")
        return found

    def test_1_panels(self):
        count = empty = 0
        for board in lib.dashboards():
            for panel, target in lib.targets(board):
                unit = lib.unit(panel, target)
                with self.subTest(panel["title"], board=board["uid"], refId=target["refId"]):
                    highest = "short" if panel["type"] == "heatmap" else unit
                    empty += not self.check(panel["title"], target["expr"], highest)
                    count += 1
        print(f"{count} panel queries, {empty} of them without an answer, as it is in health")

    def test_2_variables_and_annotations(self):
        wanted = {"job": ["lungate"], "gateway": ["gw"], "target": [lab.TARGET], "lun": ["0", "1"]}
        for board in lib.dashboards():
            for annotation in board["annotations"]["list"]:
                self.check(annotation["name"], annotation["expr"], "short")
            for variable in board["templating"]["list"][1:]:
                expr, label = lib.label_values(variable["query"]["query"])
                values = self.scene.ask(f"label/{label}/values",
                                        **{"match[]": in_prometheus(expr)})
                if variable["name"] == "initiator":
                    self.assertTrue(values)
                    self.assertTrue(all(name.startswith("iqn.") for name in values), values)
                else:
                    self.assertEqual(values, wanted[variable["name"]])

    def test_3_rules(self):
        for rule in lib.rules():
            name = rule.get("alert") or rule["record"]
            with self.subTest(name):
                found = self.check(name, rule["expr"], expected.unit_of_rule(name),
                                   matchers_too=False)
                if "record" in rule:  # Prometheus records the same
                    self.assertEqual(len(self.scene.query(name)), len(found))
                if name.startswith("lun:lungate_lun_op_slow"):  # two LUNs, reads and writes
                    self.assertEqual(len(found), 4)
        data = self.scene.ask("rules")
        health = {rule["name"]: rule["health"]
                  for group in data["groups"] for rule in group["rules"]}
        self.assertEqual({name for name, state in health.items() if state != "ok"}, set())
        names = {rule.get("alert") or rule["record"] for rule in lib.rules()}
        self.assertEqual(names, set(health))

    def test_4_quantiles_are_in_order(self):
        for op in ("read", "write"):
            of_op = f'sum by (le) (rate(lungate_lun_op_duration_seconds_bucket{{op="{op}"}}[10s]))'
            p = [self.scene.value(f"histogram_quantile({q}, {of_op})")
                 for q in (.5, .95, .99, .999)]
            self.assertEqual(p, sorted(p))

    def test_5_promtool_likes_the_page(self):
        page = lab.scrape(self.scene.gateway.metrics_port)
        done = subprocess.run(["promtool", "check", "metrics"], input=page, text=True,
                              capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_6_figures_agree_with_the_initiator(self):
        rates = []
        for _ in range(10):  # a second in which another process had the machine is one of them
            self.scene.wait_scrapes(1)
            rates.append(self.scene.value('sum(rate(lungate_lun_op_duration_seconds_count'
                                          '{op=~"read|write", lun="0"}[10s]))'))
        rate = statistics.median(rates)
        for load in self.loads:
            load.send_signal(signal.SIGTERM)
        said = scene.result(self.loads[0])
        scene.result(self.loads[1])
        self.scene.wait_scrapes(2)
        for op, mine in (("read", said["reads"]), ("write", said["writes"])):
            of_op = f'{{lun="0", op="{op}"}}'
            count = self.scene.value(f"lungate_lun_op_duration_seconds_count{of_op}")
            size = self.scene.value(f"lungate_lun_op_size_bytes_sum{of_op}")
            print(f"{op}: initiator {mine['count']}, Prometheus {count:.0f}")
            self.assertEqual((count, size), (mine["count"], mine["count"] * BLOCK_BYTES))
        iops = said["reads"]["iops"] + said["writes"]["iops"]
        print(f"IOPS: initiator {iops:.1f} over its run, Prometheus {rate:.1f} over 10 s")
        self.assertLess(abs(rate / iops - 1), 0.05)


if __name__ == "__main__":
    scene.require("prometheus", "promtool")
    unittest.main()
