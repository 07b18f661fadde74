# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules, without running anything: the catalogue has every name. Dashboards have a file of their
own (dashboards_test.py), alerts too (alerts_test.py)."""

import unittest

import catalogue as lib
import linter
import linter_queries as queries


class Expressions(unittest.TestCase):
    """What holds for the queries of dashboards holds for rules."""

    def test_catalogue_was_read(self):
        self.assertGreater(len(lib.catalogue()), 50)
        self.assertIn("lungate_lun_op_duration_seconds_bucket", lib.catalogue())

    def test_rules(self):
        named = [{"name": rule.get("alert") or rule["record"], "expr": rule["expr"]}
                 for rule in lib.rules()]
        board = {"panels": [], "annotations": {"list": named}, "templating": {"list": []}}
        self.assertEqual(linter.lint(board, [
            queries.target_promql, queries.metrics_and_labels_exist, queries.target_counter_agg,
            queries.quantiles_keep_le, queries.ratios_are_guarded, queries.no_mean_of_ratios]), [])


if __name__ == "__main__":
    unittest.main()
