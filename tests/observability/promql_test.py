# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prometheus' own parser (promtool) and ours have one opinion of every expression that we ship, and
of some that nobody should."""

import re
import subprocess
import sys
import tempfile
import unittest

import catalogue as lib
import linter_queries
import promql
import yaml
from expectations import in_prometheus

WRONG = ["sum by (job lungate_lun_up", "rate(lungate_lun_up[$__rate_interval]", "up{job=~$job}",
         "up and on (job", "topk(3, up))", "1 +", "up{job=\"x\"", "sum(up) by", "up >", ""]
RIGHT = ["-up ^ 2 ^ 3", "sum(up) by (job)", "sum without (job) (up) or vector(0)", "time() - 3e2",
         "rate(up[5m] offset 1h) # a comment", "up{job!~'a#b', instance=\"\"} == bool 1",
         "up * on (job) group_left () up", "topk(1, rate(up[1h] @ end())) + up @ 17 offset 1m",
         "{job=\"x\"}"]


def everything():
    """(where, expression)"""
    found = [(f"{board['uid']}: {where}", expr) for board in lib.dashboards()
             for where, expr in linter_queries.queries(board)]
    return found + [(rule.get("alert") or rule["record"], rule["expr"]) for rule in lib.rules()]


def promtool(expressions):
    """What it says of all of them as rules, in one call: (whether good, words)."""
    rules = [{"record": f"test:expression{number}", "expr": in_prometheus(expr)}
             for number, expr in enumerate(expressions)]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}, file)
        file.flush()
        done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True,
                              text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


class Opinions(unittest.TestCase):
    def test_all_that_we_ship(self):
        found = everything()
        good, said = promtool([expr for _, expr in found])
        numbers = {int(number) for number in re.findall(r"test:expression(\d+)", said)}
        self.assertTrue(good, "\n".join([said] + [found[number][0] for number in numbers]))
        for where, expr in found:
            with self.subTest(where):
                promql.parse(expr)
        print(f"{len(found)} expressions")

    def test_right(self):
        self.assertTrue(*promtool(RIGHT))
        for expr in RIGHT:
            promql.parse(expr)

    def test_wrong(self):
        for expr in WRONG:
            with self.subTest(expr):
                self.assertFalse(promtool([expr])[0])
                self.assertRaises(promql.Wrong, promql.parse, expr)


if __name__ == "__main__":
    if subprocess.run(["which", "promtool"], capture_output=True, check=False).returncode != 0:
        print("skipped: promtool is not installed")
        sys.exit(77)
    unittest.main()
