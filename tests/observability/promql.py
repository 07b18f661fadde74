# SPDX-License-Identifier: LGPL-2.1-or-later
"""PromQL as a tree, so that the checks judge expressions by their meaning, not by their spelling.
Durations may be Grafana's ($__rate_interval). promql_test.py holds it to promtool's opinion."""

import re
from dataclasses import dataclass, field


class Wrong(Exception):
    """No PromQL."""


@dataclass
class Node:
    kind: str  # selector, call, aggregate, binary, number, string, negative
    name: str = ""  # of the metric, function, operator
    children: list = field(default_factory=list)
    matchers: list = field(default_factory=list)  # selector: (label, operator, value)
    window: str = ""  # selector: what stands in [ ]
    fixed: bool = False  # selector: by @, one time for all steps
    mode: str = ""  # aggregate: by, without; binary: on, ignoring
    labels: list = field(default_factory=list)  # of the mode
    group: str = ""  # binary: left, right
    extra: list = field(default_factory=list)  # binary: labels of group_left
    value: object = None  # number, string

    def walk(self, above=()):
        """(node, those above it, the innermost last)."""
        yield self, above
        for child in self.children:
            yield from child.walk(above + (self,))


AGGREGATES = {"sum", "min", "max", "avg", "count", "group", "stddev", "stdvar", "topk", "bottomk",
              "quantile", "count_values"}
LEVELS = [{"or"}, {"and", "unless"}, {"==", "!=", ">", "<", ">=", "<="}, {"+", "-"},
          {"*", "/", "%", "atan2"}]
COMPARISONS, SETS = LEVELS[2], LEVELS[0] | LEVELS[1]
TOKEN = re.compile(r"""\s*(?:
    (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
  | (?P<duration>(?:\d+(?:ms|[smhdwy]))+)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w]))
  | (?P<window>\[[^\]]*\])
  | (?P<word>[A-Za-z_:][\w:]*)
  | (?P<sign>=~|!~|==|!=|>=|<=|[-+*/%^(){},=<>@])
)""", re.VERBOSE)
COMMENT = re.compile(r"(?m)^([^\"'`#]*)#.*$")


def tokens(text):
    place, found = 0, []
    text = COMMENT.sub(r"\1", text).rstrip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise Wrong(f"at {text[place:place + 20]!r}")
        found.append((match.lastgroup, match.group(match.lastgroup)))
        place = match.end()
    return found + [("end", "")]


class Parser:
    def __init__(self, text):
        self.tokens, self.at = tokens(text), 0

    def peek(self):
        return self.tokens[self.at]

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def take(self, text):
        """Whether that was next; it is behind us then."""
        if self.peek()[1] != text or self.peek()[0] == "string":
            return False
        self.at += 1
        return True

    def expect(self, text):
        if not self.take(text):
            raise Wrong(f"{text} expected, found {self.peek()[1]!r}")

    def names(self):
        """(a, b)"""
        self.expect("(")
        found = []
        while not self.take(")"):
            kind, text = self.next()
            if kind != "word":
                raise Wrong(f"a label expected, found {text!r}")
            found.append(text)
            if self.peek()[1] != ")":
                self.expect(",")
        return found

    def binary(self, level=0):
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.peek()[0] in ("word", "sign") and self.peek()[1] in LEVELS[level]:
            node = Node("binary", self.next()[1])
            self.take("bool")
            self.matching(node)
            node.children = [left, self.binary(level + 1)]
            left = node
        return left

    def matching(self, node):
        for mode in ("on", "ignoring"):
            if self.take(mode):
                node.mode, node.labels = mode, self.names()
        for side in ("left", "right"):
            if self.take("group_" + side):
                node.group = side
                node.extra = self.names() if self.peek()[1] == "(" else []

    def unary(self):
        if self.take("+"):
            return self.unary()
        if self.take("-"):
            return Node("negative", children=[self.unary()])
        base = self.postfix()
        if self.take("^"):
            return Node("binary", "^", [base, self.unary()])
        return base

    def postfix(self):
        node = self.atom()
        while True:
            if self.peek()[0] == "window":
                node.window = self.next()[1][1:-1]
            elif self.take("offset"):
                self.take("-")
                self.next()
            elif self.take("@"):
                node.fixed = True
                if self.next()[1] in ("start", "end"):
                    self.arguments()
            else:
                return node

    def atom(self):
        kind, text = self.next()
        if kind == "number":
            return Node("number", value=float(text))
        if kind == "string":
            return Node("string", value=text[1:-1])
        if text == "(":
            node = self.binary()
            self.expect(")")
            return node
        if text == "{":
            self.at -= 1
            return self.selector("")
        if kind != "word":
            raise Wrong(f"unexpected {text!r}")
        if text in AGGREGATES:
            return self.aggregate(text)
        if self.peek()[1] == "(":
            return Node("call", text, self.arguments())
        return self.selector(text)

    def arguments(self):
        self.expect("(")
        found = []
        while not self.take(")"):
            found.append(self.binary())
            if self.peek()[1] != ")":
                self.expect(",")
        return found

    def aggregate(self, name):
        node = Node("aggregate", name)
        for place in ("before", "after"):
            for mode in ("by", "without"):
                if self.take(mode):
                    node.mode, node.labels = mode, self.names()
            if place == "before":
                node.children = self.arguments()
        return node

    def selector(self, name):
        node = Node("selector", name)
        if self.take("{"):
            while not self.take("}"):
                label, operator, (kind, value) = self.next()[1], self.next()[1], self.next()
                if kind != "string" or operator not in ("=", "!=", "=~", "!~"):
                    raise Wrong(f"a matcher expected, found {label}{operator}{value}")
                node.matchers.append((label, operator, value[1:-1]))
                if self.peek()[1] != "}":
                    self.expect(",")
        elif not name:
            raise Wrong("a selector expected")
        return node


def parse(text):
    parser = Parser(text)
    tree = parser.binary()
    if parser.peek()[0] != "end":
        raise Wrong(f"left over: {parser.peek()[1]!r}")
    return tree


def selectors(tree):
    return [node for node, _ in tree.walk() if node.kind == "selector"]
