# SPDX-License-Identifier: LGPL-2.1-or-later
"""Asks Prometheus all that a browser with a dashboard would ask, and counts: queries, bytes."""

import json
import urllib.parse
import urllib.request

import alive  # first: it says where the others are
import catalogue as lib
from expectations import VARIABLES

POINTS = 150  # of a curve, about


class Asked:
    """What a dashboard asked for, and what it got."""

    def __init__(self, scene, begin, chosen):
        self.url = f"http://127.0.0.1:{scene.port}/api/v1/"
        self.to = int(scene.value("vector(time())")) - 1
        span = self.to - begin
        self.step = max(1, span // POINTS)
        self.begin = self.to - span // self.step * self.step
        self.variables = {**VARIABLES, "$__range": f"{span}s",
                          **{f"${name}": value for name, value in chosen.items()}}
        self.queries = self.bytes = 0

    def get(self, path, **parameters):
        self.queries += 1
        url = f"{self.url}{path}?{urllib.parse.urlencode(parameters, doseq=True)}"
        with urllib.request.urlopen(url, timeout=60) as answer:
            text = answer.read()
        self.bytes += len(text)
        return json.loads(text)["data"]

    def expression(self, expr):
        for name in sorted(self.variables, key=len, reverse=True):
            expr = expr.replace(name, self.variables[name])
        return expr

    def over_time(self, expr):
        return self.get("query_range", query=self.expression(expr), start=self.begin, end=self.to,
                        step=self.step)["result"]

    def now(self, expr):
        return self.get("query", query=self.expression(expr), time=self.to)["result"]

    def panels(self, board):
        answers = {}
        for panel, target in lib.targets(board):
            ask = self.now if target.get("instant") else self.over_time
            answers.setdefault(panel["id"], {})[target["refId"]] = ask(target["expr"])
        return answers

    def annotations(self, board):
        """When the expression began to be true."""
        marks = []
        for one in board["annotations"]["list"]:
            at = sorted({point[0] for series in self.over_time(one["expr"])
                         for point in series["values"]})
            first = [now for before, now in zip([0, *at], at) if now - before > self.step]
            marks.append({"name": one["name"], "color": one["iconColor"], "at": first})
        return marks

    def values_of_variables(self, board):
        for variable in board["templating"]["list"][1:]:
            expr, label = lib.label_values(variable["query"]["query"])
            self.get(f"label/{label}/values", **{"match[]": self.expression(expr),
                                                 "start": self.begin, "end": self.to})


def words_of(board, chosen):
    """What stands in the variables' boxes, of those that are shown."""
    return {variable["label"]: chosen.get(variable["name"], "All")
            for variable in board["templating"]["list"][1:] if variable["hide"] == 0}


def dashboard(board, scene, begin, chosen):
    """(the page's data, its costs)"""
    asked = Asked(scene, begin, chosen)
    answers = asked.panels(board)
    of_panels = asked.queries
    page = {"board": board, "answers": answers, "annotations": asked.annotations(board),
            "chosen": words_of(board, {"job": "lungate", **chosen}),
            "from": asked.begin, "to": asked.to, "step": asked.step}
    asked.values_of_variables(board)
    return page, {"panels": len(lib.panels(board)), "queries": of_panels,
                  "others": asked.queries - of_panels, "answer_bytes": asked.bytes,
                  "json_bytes": len(json.dumps(board))}
