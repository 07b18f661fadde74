# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the checks share: the catalogue as the sources declare it, and the dashboards and rules."""

import glob
import json
import os
import re

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RULES = f"{ROOT}/alerts/lungate.rules.yml"
DASHBOARDS = sorted(glob.glob(f"{ROOT}/grafana/dashboards/*.json"))
SCRAPED = {"job", "instance"}  # labels that Prometheus adds

DECLARED = re.compile(r'constexpr Metric k\w+\{\s*"(\w+)",\s*(k\w+),\s*Unit::\w+,\s*"([^"]*)"')
SELECTOR = re.compile(r"(?<![\w:$])(lungate_\w+|lun:[\w:]+|up)(?![\w:(])(\{[^}]*\})?")
MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')


def catalogue():
    """Every series name that a page can hold, and its labels."""
    with open(f"{ROOT}/target/telemetry/metrics.cc", encoding="utf-8") as text:
        declared = DECLARED.findall(text.read())
    series = {"up": SCRAPED}
    for name, kind, labels in declared:
        own = set(filter(None, labels.split(","))) | SCRAPED
        if kind == "kHistogram":
            series.update({name + "_bucket": own | {"le"}, name + "_sum": own,
                           name + "_count": own})
        else:
            series[name] = own
    return series


def rules():
    with open(RULES, encoding="utf-8") as text:
        groups = yaml.safe_load(text)["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard(path):
    with open(path, encoding="utf-8") as text:
        return json.load(text)


def panels(board):
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def targets(board):
    """(panel, target) of every query."""
    return [(panel, target) for panel in panels(board) for target in panel["targets"]]


def selectors(expr):
    """(name, matchers) of every series that an expression reads; by-lists hold no such name."""
    return [(name, matchers or "") for name, matchers in SELECTOR.findall(expr)]
