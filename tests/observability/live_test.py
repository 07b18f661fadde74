# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every query that we ship, run against a live gateway under real I/O: it answers, with finite and
plausible numbers. What must be empty on a healthy gateway is on a list."""

import math
import re
import signal
import subprocess
import unittest

import catalogue as lib
import scene
from scene import lab

# Empty while nothing is wrong. Their parts are asked for alone: those do answer.
EMPTY_IN_HEALTH = {"LUNs offline, and why", "Restarts of a target"} | {
    rule["alert"] for rule in lib.rules() if "alert" in rule}
ABSENT_IN_HEALTH = {"lungate_lun_offline_info"}  # series that exist only while something is wrong
HIGHEST = {"s": 60, "percentunit": 1.5, "iops": 1e6, "ops": 1e6, "Bps": 1e11, "bytes": 4 << 20,
           "short": 1e4}
BLOCK_BYTES = 4096


def in_prometheus(expr):
    """As Grafana would send it: all of everything, a rate over four scrapes at least."""
    return re.sub(r"\$(job|gateway|target|lun)\b", ".+", expr.replace("$__rate_interval", "10s"))


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

    def check(self, title, expr, unit):
        found = self.scene.query(in_prometheus(expr))
        if title in EMPTY_IN_HEALTH:
            self.assertEqual(found, [], title)
            for name, matchers in lib.selectors(expr):
                if name not in ABSENT_IN_HEALTH:
                    alone = in_prometheus(name + matchers)
                    self.assertTrue(self.scene.query(alone), f"{title}: {alone}")
            return found
        self.assertTrue(found, f"{title}: no data from {expr}")
        for labels, value in found:
            self.assertTrue(math.isfinite(value), f"{title}: {labels} is {value}")
            self.assertTrue(0 <= value <= HIGHEST[unit], f"{title}: {labels} is {value}")
        return found

    def test_1_panels(self):
        count = 0
        for path in lib.DASHBOARDS:
            for panel, target in lib.targets(lib.dashboard(path)):
                unit = panel["fieldConfig"]["defaults"]["unit"]
                with self.subTest(panel["title"], refId=target["refId"]):
                    highest = "short" if panel["type"] == "heatmap" else unit
                    self.check(panel["title"], target["expr"], highest)
                    count += 1
        print(f"{count} panel queries")

    def test_2_variables_and_annotations(self):
        for path in lib.DASHBOARDS:
            board = lib.dashboard(path)
            for annotation in board["annotations"]["list"]:
                self.check(annotation["name"], annotation["expr"], "short")
            for variable in board["templating"]["list"][1:]:
                asked = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
                expr, label = in_prometheus(asked.group(1)), asked.group(2)
                values = self.scene.ask(f"label/{label}/values", **{"match[]": expr})
                wanted = {"job": ["lungate"], "gateway": ["gw"], "target": [lab.TARGET],
                          "lun": ["0", "1"]}
                self.assertEqual(values, wanted[variable["name"]])

    def test_3_rules(self):
        for rule in lib.rules():
            name = rule.get("alert") or rule["record"]
            with self.subTest(name):
                unit = "iops" if ":rate" in name else "percentunit"
                found = self.check(name, rule["expr"], unit)
                if "record" in rule:  # two LUNs, reads and writes; and Prometheus records the same
                    self.assertEqual(len(found), 4)
                    self.assertEqual(len(self.scene.query(name)), 4)
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
        self.scene.wait_scrapes(1)
        rate = self.scene.value('sum(rate(lungate_lun_op_duration_seconds_count'
                                '{op=~"read|write", lun="0"}[10s]))')
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
        self.assertLess(abs(rate / iops - 1), 0.25)  # other seconds, on a machine that others use


if __name__ == "__main__":
    scene.require("prometheus", "promtool")
    unittest.main()
