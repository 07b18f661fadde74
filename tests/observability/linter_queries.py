# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules for queries, over the tree of each expression: what linter.py says of itself holds here."""

import functools
import re

import catalogue as lib
import promql
import promql_meaning as meaning

LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")
# What a site has many of: never a line each. A gateway or an exporter is one of a few.
MANY = {"lun", "initiator", "portal", "loop", "ceph_daemon", "name"}
# Tables that list what is wrong (or chosen) have as many rows as it has.
LISTS = {"LUNs offline, and why", "Alerts", "Portals"}
SEEN_AS = {"rate", "irate", "increase"}
TOPS = {"topk", "bottomk"}
ALERTS = {"ALERTS", "ALERTS_FOR_STATE"}  # which need not be of a job or a gateway
WITHOUT_GATEWAY = re.compile(r"lungate_exporter_\w+|up|ceph_\w+")


@functools.cache
def series():
    return lib.with_recorded(lib.catalogue())


@functools.cache
def counters():
    return {name for metric, kind, _ in lib.metrics() if kind != "kGauge"
            for name in ([metric] if kind == "kCounter" else
                         [metric + end for end in ("_bucket", "_sum", "_count")])}


def queries(board):
    """(where, expression) of panels, annotations and variables."""
    for panel, target in lib.targets(board):
        yield f"{panel['title']} {target['refId']}", target["expr"]
    for one in board["annotations"]["list"]:
        yield one["name"], one["expr"]
    for variable in board["templating"]["list"]:
        asked = variable["type"] == "query" and lib.label_values(variable["query"]["query"])
        if asked:
            yield f"${variable['name']}", asked[0]


def trees(board):
    """The same as trees; what is no PromQL is target_promql's."""
    for where, expr in queries(board):
        try:
            yield where, promql.parse(expr)
        except promql.Wrong:
            pass


def selectors(board):
    """(where, selector, nodes above it)."""
    for where, tree in trees(board):
        for node, above in tree.walk():
            if node.kind == "selector":
                yield where, node, above


def target_promql(board):
    for where, expr in queries(board):
        try:
            if not promql.selectors(promql.parse(expr)):
                yield f"{where}: no metric in {expr}"
        except promql.Wrong as wrong:
            yield f"{where}: {wrong} in {expr}"


def metrics_and_labels_exist(board):
    for where, node, _ in selectors(board):
        if node.name not in series():
            yield f"{where}: {node.name} is no metric"
            continue
        for label, _, _ in node.matchers:
            if label not in series()[node.name]:
                yield f"{where}: {node.name} has no {label}"
    for where, tree in trees(board):
        wrong = []
        meaning.labels(tree, series(), wrong)
        yield from (f"{where}: {one}" for one in wrong)
    for variable in board["templating"]["list"][1:]:
        expr, label = lib.label_values(variable["query"]["query"]) or ("", "")
        if expr and label not in meaning.labels(promql.parse(expr), series(), []):
            yield f"${variable['name']}: no {label} there"


def target_job(board):
    """And target-instance, here the gateway: what is chosen above is what a panel shows."""
    for where, node, _ in selectors(board):
        found = {label: value for label, operator, value in node.matchers if operator == "=~"}
        if where.startswith("$") or node.name in ALERTS or node.name.startswith("ceph_"):
            continue
        if found.get("job") != "$job":
            yield f"{where}: {node.name} of any job"
        if found.get("gateway") != "$gateway" and not WITHOUT_GATEWAY.fullmatch(node.name):
            yield f"{where}: {node.name} of any gateway"


def target_rate_interval(board):
    """Fixed windows lie at one scrape interval or the other; whole ranges are for sums over them
    and for who leads over them."""
    for where, node, above in selectors(board):
        whole = node.window == "$__range" and (node.fixed or above and above[-1].name == "increase")
        if node.window not in ("", "$__rate_interval") and not whole:
            yield f"{where}: [{node.window}]"


def target_counter_agg(board):
    """Counters are seen as rates, gauges are not; `unless` asks whether a series is there."""
    for where, node, above in selectors(board):
        if where.startswith("$"):
            continue  # a variable asks for names only
        seen = bool(above) and above[-1].kind == "call" and above[-1].name in SEEN_AS
        asked = bool(above) and above[-1].name == "unless"
        if node.name in series() and not asked and seen != (node.name in counters()):
            yield f"{where}: {node.name} {'is no counter' if seen else 'is a counter'}"


def quantiles_keep_le(board):
    for where, tree in trees(board):
        for node, _ in tree.walk():
            if node.kind == "call" and node.name == "histogram_quantile":
                of = node.children[1]
                if (of.name, of.mode) != ("sum", "by") or "le" not in of.labels:
                    yield f"{where}: a quantile of buckets that were not added up by le"


def ratios_are_guarded(board):
    """0/0 is no number, and a comparison with it is never true."""
    for where, tree in trees(board):
        for node, _ in tree.walk():
            if node.kind == "binary" and node.name in "/%" and not guarded(node.children[1]):
                yield f"{where}: divides by what can be 0"


def guarded(node):
    above_zero = node.kind == "binary" and node.name == ">" and node.children[1].value == 0
    return above_zero or node.kind == "number" and node.value != 0


def no_mean_of_ratios(board):
    """Neither ratios nor quantiles add up."""
    for where, tree in trees(board):
        for node, above in tree.walk():
            ratio = node.kind == "binary" and node.name == "/" or node.name == "histogram_quantile"
            if ratio and any(one.kind == "aggregate" and one.name in ("sum", "avg")
                             for one in above):
                yield f"{where}: adds up ratios or quantiles"


def units_match(board):
    """The unit that the panel writes is that of what the metrics measure."""
    for panel, target in lib.targets(board):
        if panel["type"] in ("heatmap", "state-timeline"):
            continue  # whose values are counts and states; the unit is of the axis
        try:
            is_in = meaning.unit(promql.parse(target["expr"]))
        except promql.Wrong:
            continue
        if lib.unit(panel, target) not in meaning.UNITS.get(is_in, ()):
            yield f"{panel['title']} {target['refId']}: {lib.unit(panel, target)} for {is_in}"


def legends_survive_aggregation(board):
    """A name in a legend, or a column of a table, is a label that the result has."""
    for panel, target in lib.targets(board):
        try:
            left = meaning.labels(promql.parse(target["expr"]), series(), [])
        except promql.Wrong:
            continue
        wanted = set(LEGEND.findall(target["legendFormat"]))
        if panel["type"] == "table":
            order = panel["transformations"][-1]["options"]["indexByName"]
            wanted = {name for name in order if not name.startswith("Value")}
            if left - wanted:
                yield f"{panel['title']} {target['refId']}: no place for {sorted(left - wanted)}"
        if wanted - left:
            yield f"{panel['title']} {target['refId']}: no {sorted(wanted - left)} there"


def no_wall_of_lines(board):
    """At a thousand LUNs a panel has ten of them, the same ten at each step."""
    for panel, target in lib.targets(board):
        try:
            tree = promql.parse(target["expr"])
        except promql.Wrong:
            continue
        many = meaning.labels(tree, series(), []) & MANY
        tops = [node for node, _ in tree.walk() if node.name in TOPS]
        still = panel["type"] == "table" or all(one.fixed for top in tops
                                                for one in promql.selectors(top))
        if not many or tops and still or panel["type"] == "heatmap":
            continue
        if panel["title"] not in LISTS and not of_what_is_wrong(tree):
            yield f"{panel['title']} {target['refId']}: one for each {sorted(many)}"


def of_what_is_wrong(tree):
    return tree.kind == "binary" and tree.name in promql.COMPARISONS


def whole_ranges_are_asked_once(board):
    """What looks back over the whole range at each step reads everything hundreds of times."""
    for panel, target in lib.targets(board):
        if target.get("instant"):
            continue
        for node in parsed(target):
            if node.window == "$__range" and not node.fixed:
                yield f"{panel['title']} {target['refId']}"


def buckets_of_many_luns(board):
    """A thousand LUNs have 70,000 buckets: where none is chosen, alerts/ has added them up."""
    shown = any(one["name"] == "lun" and one["hide"] == 0 for one in board["templating"]["list"])
    for panel, target in lib.targets(board):
        for node in [] if shown else parsed(target):
            if re.fullmatch(r"lungate_lun_\w+_bucket", node.name):
                yield f"{panel['title']} {target['refId']}: {node.name}"


def parsed(target):
    """The selectors of a query; none of what is no PromQL."""
    try:
        return promql.selectors(promql.parse(target["expr"]))
    except promql.Wrong:
        return []


def tops_say_how_many(board):
    for panel, target in lib.targets(board):
        counts = re.findall(r"(?:topk|bottomk)\((\d+),", target["expr"])
        for count in counts:
            if not 5 <= int(count) <= 20 or count not in panel["description"]:
                yield f"{panel['title']}: the description does not say {count}"


RULES = [target_promql, metrics_and_labels_exist, target_job, target_rate_interval,
         target_counter_agg, quantiles_keep_le, ratios_are_guarded, no_mean_of_ratios, units_match,
         legends_survive_aggregation, no_wall_of_lines, whole_ranges_are_asked_once,
         buckets_of_many_luns, tops_say_how_many]
