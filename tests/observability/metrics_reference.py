#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""exporter/METRICS.md: every metric with what it means and where it is looked at.

Made from target/telemetry/metrics.cc, grafana/dashboards/*.json and alerts/*.yml.
metrics_reference_test.py holds that the committed file is what these give; `--write` makes it so.
"""

import glob
import json
import os
import re
import sys
from dataclasses import dataclass, field

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REFERENCE = f"{ROOT}/exporter/METRICS.md"
METRICS = f"{ROOT}/target/telemetry/metrics.cc"

SECTION = re.compile(r"^// --- (.+?) -+$")
METRIC = re.compile(r"^constexpr Metric k\w+\{(.*?)\};$", re.M | re.S)
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
SERIES = re.compile(r"(?<![\w:])lungate_\w+(?![\w:])")
RECORDED = re.compile(r"(?<![\w:])\w+:[\w:]+")
PARTS = re.compile(r"_(bucket|sum|count)$")

HEAD = """# Metrics

Made by `tests/observability/metrics_reference.py --write` from `target/telemetry/metrics.cc`, the
dashboards and the rules; do not edit. Times are in seconds, sizes in bytes, shares from 0 to 1.
Counters begin at zero when the target starts (those of a LUN when it is added), so look at them
through `rate()` or `increase()`. "Reading it" tells what a bad value looks like, and what to do
then. "Looked at by" names the panels and alerts that read a metric, through recording rules too.
"""


@dataclass
class Metric:
    section: str
    name: str
    kind: str
    labels: list
    help: str
    advice: str
    panels: dict = field(default_factory=dict)  # dashboard's title: panels' titles
    alerts: list = field(default_factory=list)


def literals(declaration):
    """The declaration's strings, adjacent ones joined as the compiler does."""
    joined = re.sub(r'"\s*\n\s*"', "", declaration)
    return [text.replace('\\"', '"') for text in STRING.findall(joined)]


def declared(source):
    """The metrics of metrics.cc, in its order."""
    section = ""
    places = [(match.start(), None) for match in METRIC.finditer(source)]
    sections = [(match.start(), match.group(1))
                for match in re.finditer(SECTION.pattern, source, re.M)]
    found = []
    for at, title in sorted(places + sections, key=lambda place: place[0]):
        if title is not None:
            section = title
            continue
        body = METRIC.match(source, at).group(1)
        name, labels, help_line, advice = literals(body)
        kind = re.search(r"\bk(Counter|Gauge|Histogram)\b", body).group(1).lower()
        found.append(Metric(section, name, kind, [label for label in labels.split(",") if label],
                            help_line, advice))
    return found


def panels_below(panels):
    for panel in panels:
        yield panel
        yield from panels_below(panel.get("panels", []))


def load_dashboards():
    boards = []
    for path in sorted(glob.glob(f"{ROOT}/grafana/dashboards/*.json")):
        with open(path, encoding="utf-8") as text:
            boards.append(json.load(text))
    return boards


def load_rules():
    rules = []
    for path in sorted(glob.glob(f"{ROOT}/alerts/*.yml")):
        with open(path, encoding="utf-8") as text:
            document = yaml.safe_load(text)
        for group in (document or {}).get("groups", []):
            rules.extend(group["rules"])
    return rules


class Readers:
    """Which metrics an expression reads, recording rules followed."""

    def __init__(self, names, rules):
        self.names = names
        self.recorded = {rule["record"]: rule["expr"] for rule in rules if "record" in rule}

    def of(self, expr, seen=frozenset()):
        found = set()
        for name in SERIES.findall(expr):
            found.add(name if name in self.names else PARTS.sub("", name))
        for name in set(RECORDED.findall(expr)) - seen:
            if name in self.recorded:
                found |= self.of(self.recorded[name], seen | {name})
        return found & self.names


def queries(board):
    """(where, expression) of all that a dashboard asks."""
    for panel in panels_below(board["panels"]):
        for target in panel.get("targets", []):
            yield panel["title"], target.get("expr", "")
    for variable in board.get("templating", {}).get("list", []):
        query = variable.get("query", "")
        yield "variables", query.get("query", "") if isinstance(query, dict) else query
    for annotation in board.get("annotations", {}).get("list", []):
        yield "annotations", annotation.get("expr", "")


def find_uses(metrics, boards, rules):
    by_name = {metric.name: metric for metric in metrics}
    readers = Readers(set(by_name), rules)
    for board in boards:
        for where, expr in queries(board):
            for name in readers.of(expr):
                titles = by_name[name].panels.setdefault(board["title"], [])
                if where not in titles:
                    titles.append(where)
    for rule in rules:
        if "alert" in rule:
            for name in readers.of(rule["expr"]):
                if rule["alert"] not in by_name[name].alerts:
                    by_name[name].alerts.append(rule["alert"])


def describe(metric):
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "none"
    yield f"### `{metric.name}`\n"
    yield f"{metric.help}.\n"
    yield f"- Type: {metric.kind}; labels: {labels}"
    yield f"- Reading it: {metric.advice}"
    uses = [f"{board}: {', '.join(titles)}" for board, titles in sorted(metric.panels.items())]
    if metric.alerts:
        uses.append("alerts " + ", ".join(f"`{alert}`" for alert in sorted(metric.alerts)))
    yield f"- Looked at by: {'; '.join(uses) or 'no panel and no alert'}\n"


def reference(metrics):
    lines = [HEAD]
    section = None
    for metric in metrics:
        if metric.section != section:
            section = metric.section
            lines.append(f"## {section}\n")
        lines.extend(describe(metric))
    return "\n".join(lines).rstrip("\n") + "\n"


def make():
    with open(METRICS, encoding="utf-8") as text:
        metrics = declared(text.read())
    find_uses(metrics, load_dashboards(), load_rules())
    return reference(metrics)


def main():
    if sys.argv[1:] != ["--write"]:
        sys.stdout.write(make())
        return
    with open(REFERENCE, "w", encoding="utf-8") as text:
        text.write(make())


if __name__ == "__main__":
    main()
