# SPDX-License-Identifier: LGPL-2.1-or-later
"""A check that nobody has seen red proves nothing: each rule of the linter says no to a dashboard
that was broken for it, and to nothing before."""

import copy
import unittest

import catalogue as lib
import linter

BREAKS = []  # (rule, uid, what breaks it)


def breaks(rule, uid="lungate-overview"):
    def keep(function):
        BREAKS.append((rule, uid, function))
        return function
    return keep


def first(board, kind):
    return next(panel for panel in lib.panels(board) if panel["type"] == kind)


def by_title(board, title):
    return next(panel for panel in lib.panels(board) if panel["title"] == title)


def sets(rule, path, value, uid="lungate-overview"):
    """Breaks by one value: path is a type of panel or a key of the dashboard, then keys."""
    def change(board):
        place = board if path[0] in board else first(board, path[0])
        keys = path if path[0] in board else path[1:]
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value
    change.__name__ = ".".join(map(str, path))
    BREAKS.append((rule, uid, change))


def asks(rule, expr, kind="timeseries", uid="lungate-overview", **others):
    """Breaks by a query."""
    def change(board):
        panel = first(board, kind)
        panel["targets"][0].update({"expr": expr, **others})
    change.__name__ = expr
    BREAKS.append((rule, uid, change))


OF_LUN = '{job=~"$job", gateway=~"$gateway", target=~"$target", lun=~"$lun"}'
OPS = f"rate(lungate_lun_op_duration_seconds_count{OF_LUN}[$__rate_interval])"
BUCKETS = f"rate(lungate_lun_op_duration_seconds_bucket{OF_LUN}[$__rate_interval])"

sets("head", ["editable"], True)
sets("head", ["id"], 7)
sets("head", ["uid"], "My Dashboard")
sets("head", ["schemaVersion"], 30)
sets("head", ["tags"], ["storage"])
sets("template_datasource", ["templating", "list", 0, "name"], "ds")
sets("templates", ["templating", "list", 2, "refresh"], 1)
sets("templates", ["templating", "list", 2, "allValue"], None)
sets("templates", ["templating", "list", 2, "name"], "host")
sets("templates", ["templating", "list", 2, "sort"], 0)
sets("templates", ["templating", "list", 4, "includeAll"], False)
sets("templates_used", ["templating", "list", 2, "hide"], 2)
sets("templates_used", ["templating", "list", 5, "hide"], 0)
sets("reading_order", ["panels", 0, "title"], "Overview")
sets("reading_order", ["panels", 0, "collapsed"], True)
sets("places", ["panels", 2, "id"], 1)
sets("places", ["panels", 2, "gridPos", "x"], 0)
sets("places", ["panels", 4, "gridPos", "w"], 12)
sets("dashboard_links", ["links", 0, "includeVars"], False)
sets("dashboard_links", ["links", 0, "tags"], ["others"])
sets("annotations", ["annotations", "list"], [])
sets("panel_datasource", ["stat", "targets", 0, "datasource"], {"type": "prometheus", "uid": "x"})
sets("panel_datasource", ["table", "datasource"], {"type": "loki", "uid": "${datasource}"})
sets("panel_title_description", ["stat", "description"], "Gateways that are down")
sets("panel_title_description", ["stat", "title"], "IOPS")
sets("panel_units", ["timeseries", "fieldConfig", "defaults", "unit"], "µs")
sets("panel_no_targets", ["timeseries", "targets"], [])
sets("panel_type", ["timeseries", "type"], "graph")
sets("thresholds", ["stat", "fieldConfig", "defaults", "thresholds", "steps", 0, "value"], 0)
sets("timeseries_form", ["timeseries", "fieldConfig", "defaults", "custom", "spanNulls"], True)
sets("timeseries_form", ["timeseries", "options", "legend", "calcs"], [])
sets("timeseries_form", ["timeseries", "targets", 0, "legendFormat"], "")
sets("timeseries_form", ["timeseries", "fieldConfig", "defaults", "min"], None)
sets("heatmap_form", ["heatmap", "options", "calculate"], True)
sets("table_form", ["table", "targets", 0, "instant"], False)
sets("table_form", ["table", "transformations", 1, "options", "excludeByName"], {})
sets("stat_form", ["stat", "options", "textMode"], "none")
sets("stat_form", ["stat", "options", "reduceOptions", "calcs"], ["mean"])
sets("stat_form", ["stat", "fieldConfig", "defaults", "noValue"], "")

asks("target_promql", "sum(rate(lungate_lun_up")
asks("target_promql", "1 + 1")
asks("metrics_and_labels_exist", f"lungate_lun_iops{OF_LUN}")
asks("metrics_and_labels_exist", 'lungate_sessions{job=~"$job", gateway=~"$gateway", lun="0"}')
asks("metrics_and_labels_exist", f"sum by (pool) (lungate_lun_up{OF_LUN})")
asks("metrics_and_labels_exist", f"lungate_lun_up{OF_LUN} * on (image) lungate_lun_info{OF_LUN}")
asks("target_job", 'lungate_sessions{gateway=~"$gateway"}')
asks("target_job", 'lungate_sessions{job=~"$job"}')
asks("target_rate_interval", OPS.replace("$__rate_interval", "1m"))
asks("target_rate_interval", OPS.replace("$__rate_interval", "$__range"))
asks("target_counter_agg", f"sum(lungate_lun_bytes_total{OF_LUN})")
asks("target_counter_agg", f"rate(lungate_lun_inflight_ops{OF_LUN}[$__rate_interval])")
asks("quantiles_keep_le", f"histogram_quantile(0.99, sum by (lun) ({BUCKETS}))")
asks("quantiles_keep_le", f"histogram_quantile(0.99, avg by (le) ({BUCKETS}))")
asks("ratios_are_guarded", f"sum({OPS}) / sum({OPS})")
asks("ratios_are_guarded", f"sum({OPS}) / (sum({OPS}) >= 0)")
asks("no_mean_of_ratios", f"avg(histogram_quantile(0.99, sum by (le, lun) ({BUCKETS})))")
asks("no_mean_of_ratios", f"sum({OPS} / ({OPS} > 0))")
asks("units_match", f"sum(rate(lungate_lun_bytes_total{OF_LUN}[$__rate_interval]))")
asks("units_match", f"max(lungate_lun_size_bytes{OF_LUN})", kind="stat")
asks("legends_survive_aggregation", f"sum by (op) ({OPS})", legendFormat="{{lun}}")
asks("legends_survive_aggregation", f"sum by (severity, gateway, lun) ({OPS})", kind="table")
asks("no_wall_of_lines", f"sum by (lun) ({OPS})")
asks("no_wall_of_lines", f"topk(10, sum by (lun) ({OPS}))")
asks("whole_ranges_are_asked_once", OPS.replace("rate(", "increase(").replace(
    "$__rate_interval", "$__range"))
asks("buckets_of_many_luns", f"histogram_quantile(0.99, sum by (le) ({BUCKETS}))")
asks("tops_say_how_many", f"topk(17, {OPS})")


@breaks("query_count", "lungate-lun")
def one_query_too_many(board):
    panel = first(board, "timeseries")
    panel["targets"] += [dict(panel["targets"][0], refId="Z")]


@breaks("urls")
def a_link_to_nowhere(board):
    links(board)[0]["url"] = links(board)[0]["url"].replace("/d/lungate-gateway", "/d/gone")


@breaks("urls")
def a_link_that_sets_what_is_not_there(board):
    links(board)[0]["url"] += "&var-host=1"


@breaks("urls")
def a_link_that_loses_the_time(board):
    links(board)[0]["url"] = links(board)[0]["url"].replace("${__url_time_range}&", "")


@breaks("urls")
def a_link_that_reads_another_column(board):
    links(board)[0]["url"] += "&var-initiator=${__data.fields.image}"


@breaks("urls")
def a_panel_that_leads_nowhere(board):
    by_title(board, "Read latency")["links"][0]["url"] = "/d/gone?${__all_variables}"


@breaks("urls")
def a_panel_whose_link_loses_variables(board):
    link = by_title(board, "Read latency")["links"][0]
    link["url"] = link["url"].replace("${__all_variables}&", "")


@breaks("panel_links")
def panels_that_lead_to_one_dashboard(board):
    for panel in lib.panels(board):
        for link in panel.get("links", []):
            link["url"] = "/d/lungate-lun?"


def links(board):
    overrides = by_title(board, "Gateways")["fieldConfig"]["overrides"]
    return next(prop["value"] for override in overrides
                for prop in override["properties"] if prop["id"] == "links")


@breaks("colour_is_not_the_only_cue")
def a_state_without_a_word(board):
    options = first(board, "state-timeline")["fieldConfig"]["defaults"]["mappings"][0]["options"]
    options["0"]["text"] = ""


@breaks("colour_is_not_the_only_cue")
def a_cell_that_is_only_a_colour(board):
    for override in by_title(board, "Gateways")["fieldConfig"]["overrides"]:
        for prop in override["properties"]:
            if prop["id"] == "custom.cellOptions":
                prop["value"]["type"] = "color-background"


@breaks("colour_is_not_the_only_cue", "lungate-lun")
def a_red_line_like_the_others(board):
    for override in by_title(board, "Read latency")["fieldConfig"]["overrides"]:
        override["properties"] = [prop for prop in override["properties"]
                                  if prop["id"] != "custom.lineStyle"]


class Red(unittest.TestCase):
    def test_each_break_is_seen(self):
        boards = {board["uid"]: board for board in lib.dashboards()}
        rules = {rule.__name__: rule for rule in linter.RULES}
        for name, uid, change in BREAKS:
            with self.subTest(name, change=change.__name__):
                self.assertEqual(linter.lint(boards[uid], [rules[name]]), [])
                broken = copy.deepcopy(boards[uid])
                change(broken)
                self.assertNotEqual(broken, boards[uid])
                found = linter.lint(broken, [rules[name]])
                self.assertTrue(found, "the broken dashboard passes")
        print(f"{len(BREAKS)} broken dashboards, {len(rules)} rules")

    def test_no_rule_without_a_break(self):
        self.assertEqual({rule.__name__ for rule in linter.RULES},
                         {rule for rule, _, _ in BREAKS})


if __name__ == "__main__":
    unittest.main()
