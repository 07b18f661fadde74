# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an expression gives: the labels that its series can have, and its unit. Both come from the
catalogue's series and Prometheus' rules for what an operation keeps."""

import promql


def labels(node, series, wrong):
    """The labels that the result can have; `wrong` gets a sentence for each that cannot be."""
    if node.kind == "selector":
        return set(series.get(node.name, ()))
    inner = [labels(child, series, wrong) for child in node.children]
    if node.kind == "aggregate":
        return aggregated(node, inner[-1] if inner else set(), wrong)
    if node.kind == "call":
        return called(node, inner)
    if node.kind == "binary":
        return joined(node, *inner, wrong)
    return inner[0] if inner else set()


def aggregated(node, inner, wrong):
    missing = set(node.labels) - inner
    if missing:
        wrong.append(f"{node.name} {node.mode} {sorted(missing)}, which is not there")
    if node.name in ("topk", "bottomk"):
        return inner
    return inner - set(node.labels) if node.mode == "without" else inner & set(node.labels)


def called(node, inner):
    if node.name == "histogram_quantile":
        return inner[1] - {"le"}
    if node.name in ("time", "vector", "scalar"):
        return set()
    if node.name in ("label_replace", "label_join"):
        return inner[0] | {node.children[1].value}
    if node.name == "absent":
        return {label for label, operator, _ in node.children[0].matchers if operator == "="}
    vectors = [one for one, child in zip(inner, node.children) if not scalar(child)]
    return vectors[0] if vectors else set()


def scalar(node):
    return node.kind in ("number", "string") or node.kind == "call" and node.name in (
        "time", "scalar") or node.kind in ("binary", "negative") and all(map(scalar, node.children))


def joined(node, left, right, wrong):
    sides = [side for side, child in zip((left, right), node.children) if not scalar(child)]
    if len(sides) < 2:
        return sides[0] if sides else set()
    if node.mode == "on":
        for side in sides:
            missing = sorted(set(node.labels) - side)
            if missing:
                wrong.append(f"{node.name} on {missing}, which is not there")
    if node.name == "or":
        return left | right
    if node.name in promql.SETS:
        return left
    if node.group:
        many, one = (left, right) if node.group == "left" else (right, left)
        if set(node.extra) - one:
            wrong.append(f"group_{node.group} {sorted(set(node.extra) - one)}, which is not there")
        return many | set(node.extra)
    return left & set(node.labels) if node.mode == "on" else left - set(node.labels)


NOTHING = (0, 0)  # bytes, seconds: powers of each
RATES = {"rate", "irate", "deriv"}


def of_name(name):
    if ":" in name:
        return of_record(*name.split(":")[1:])
    if name == "ALERTS_FOR_STATE":  # when the condition became true
        return (0, 1)
    for suffix in ("_total", "_sum", "_timestamp_seconds"):
        if name.endswith(suffix):
            name = name.removesuffix("_total").removesuffix("_sum")
    if name.endswith(("_seconds", "_ms")):
        return (0, 1)
    return (1, 0) if name.endswith("_bytes") else NOTHING


def of_record(metric, operation):
    """level:metric:operation"""
    size, seconds = of_name(metric.removesuffix("_bucket"))
    if operation.startswith("ratio") or metric.endswith("_bucket"):
        return NOTHING
    return (size, seconds - 1) if operation.startswith("rate") else (size, seconds)


def unit(node):
    """(bytes, seconds) of the value; None: of a bare number, which goes with everything."""
    if node.kind == "selector":
        return of_name(node.name)
    if node.kind in ("number", "string"):
        return None
    if node.kind == "aggregate":
        return NOTHING if node.name in ("count", "group") else unit(node.children[-1])
    if node.kind == "call":
        return unit_of_call(node)
    if node.kind == "negative":
        return unit(node.children[0])
    left, right = map(unit, node.children)
    if node.name in ("*", "/"):
        sign = 1 if node.name == "*" else -1
        left, right = left or NOTHING, right or NOTHING
        return (left[0] + sign * right[0], left[1] + sign * right[1])
    return right if left is None else left


def unit_of_call(node):
    if node.name == "time":
        return (0, 1)
    if node.name == "histogram_quantile":
        bucket = promql.selectors(node)[0].name
        return of_name(next(part for part in bucket.split(":") if part.endswith("_bucket"))
                       .removesuffix("_bucket"))
    inner = unit(node.children[0])
    if node.name in RATES:
        return (inner[0], inner[1] - 1)
    return NOTHING if node.name in ("changes", "resets", "absent") else inner


# What Grafana may write behind a value of that unit.
UNITS = {
    (0, 0): {"short", "none", "percentunit"},
    (0, 1): {"s", "ms", "dateTimeFromNow"},
    (0, -1): {"ops", "iops", "none"},
    (1, 0): {"bytes"},
    (1, -1): {"Bps"},
}
