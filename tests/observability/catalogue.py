# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the checks share: the catalogue as the sources declare it, and the dashboards and rules."""

import glob
import json
import os
import re

import promql
import promql_meaning
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RULES = f"{ROOT}/alerts/lungate.rules.yml"
DASHBOARDS = sorted(glob.glob(f"{ROOT}/grafana/dashboards/*.json"))
SCRAPED = {"job", "instance"}  # labels that Prometheus adds
# What our alerts have of labels, one or the other.
OF_ALERTS = SCRAPED | {"alertname", "severity", "gateway", "target", "lun", "op", "loop", "portal",
                       "pool", "initiator", "kind", "reason"}
# Series that others export: Prometheus itself and, where it is scraped, ceph-mgr.
FOREIGN = {
    "up": SCRAPED,
    "scrape_duration_seconds": SCRAPED,
    "ALERTS": OF_ALERTS | {"alertstate"},
    "ALERTS_FOR_STATE": OF_ALERTS,
    "ceph_health_status": SCRAPED,
    "ceph_healthcheck_slow_ops": SCRAPED,
    "ceph_osd_commit_latency_ms": SCRAPED | {"ceph_daemon"},
    "ceph_pool_percent_used": SCRAPED | {"pool_id"},
    "ceph_pool_metadata": SCRAPED | {"pool_id", "name"},
}

DECLARED = re.compile(r'constexpr Metric k\w+\{\s*"(\w+)",\s*(k\w+),\s*Unit::\w+,\s*"([^"]*)"')


def metrics():
    """(name, kind, labels) of every metric."""
    with open(f"{ROOT}/target/telemetry/metrics.cc", encoding="utf-8") as text:
        return [(name, kind, set(filter(None, labels.split(","))))
                for name, kind, labels in DECLARED.findall(text.read())]


def catalogue():
    """Every series name that a page can hold, and its labels; and what others export."""
    series = dict(FOREIGN)
    for name, kind, labels in metrics():
        own = labels | SCRAPED
        if kind == "kHistogram":
            series.update({name + "_bucket": own | {"le"}, name + "_sum": own,
                           name + "_count": own})
        else:
            series[name] = own
    return series


def with_recorded(series):
    """And what the recording rules make of it."""
    series = dict(series)
    for rule in rules():
        if "record" in rule:
            series[rule["record"]] = promql_meaning.labels(promql.parse(rule["expr"]), series, [])
    return series


def rules():
    with open(RULES, encoding="utf-8") as text:
        groups = yaml.safe_load(text)["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard(path):
    with open(path, encoding="utf-8") as text:
        return json.load(text)


def dashboards():
    return [dashboard(path) for path in DASHBOARDS]


def panels(board):
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def targets(board):
    """(panel, target) of every query."""
    return [(panel, target) for panel in panels(board) for target in panel["targets"]]


def label_values(query):
    """(expression, label) of a variable's query; None: it is none."""
    asked = re.fullmatch(r"label_values\((.*), (\w+)\)", query)
    return None if asked is None else asked.groups()


def selectors(expr):
    """(name, matchers as text) of every series that an expression reads."""
    def text(node):
        inside = ", ".join(f'{label}{operator}"{value}"'
                           for label, operator, value in node.matchers)
        return "{" + inside + "}" if inside else ""
    return [(node.name, text(node)) for node in promql.selectors(promql.parse(expr))]


def unit(panel, target):
    """Of what a query gives; in a table each column has its own."""
    if panel["type"] != "table":
        return panel["fieldConfig"]["defaults"]["unit"]
    renamed = next(step["options"]["renameByName"] for step in panel["transformations"]
                   if step["id"] == "organize")
    column = renamed.get("Value #" + target["refId"], renamed.get("Value"))
    of_column = [prop["value"] for override in panel["fieldConfig"]["overrides"]
                 if override["matcher"]["options"] == column
                 for prop in override["properties"] if prop["id"] == "unit"]
    return of_column[0] if of_column else panel["fieldConfig"]["defaults"]["unit"]
