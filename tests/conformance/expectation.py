# SPDX-License-Identifier: LGPL-2.1-or-later
"""expected.txt: what the conformance suite must say. The most specific line holds.

    pass    Suite            every test of it passes, none is skipped
    skip    Suite.Test  why  it is skipped (or passes)
    fail    Suite.Test  why  it fails, known; when it passes one day, the line goes

    alone   Suite.Test  why  it fails after the others of its suite, which is their fault: it is
                             run again alone, and must pass then

A line may end with what it is for: [file], [rbd], [one path], [two paths].
"""

import os
import re
from dataclasses import dataclass

from cunit import FAILED, HUNG, PASSED, SKIPPED

LINE = re.compile(r"^(pass|skip|fail|alone)\s+(\w+)(?:\.(\w+))?(?:\s+([^\[]*?))?\s*"
                  r"(?:\[([\w, ]+)\])?$")


@dataclass(frozen=True)
class Expectation:
    kind: str
    why: str


class Expectations:
    """`tags`: what is run, in the words that may end a line."""

    def __init__(self, text, *tags):
        self.rows = {}
        for number, line in enumerate(text.splitlines(), 1):
            line = line.split("#")[0].strip()
            if not line:
                continue
            match = LINE.match(line)
            if not match:
                raise ValueError(f"line {number}: {line}")
            kind, suite, test, why, wanted = match.groups()
            if kind != "pass" and not why:
                raise ValueError(f"line {number}: no reason: {line}")
            if wanted is None or set(re.split(r", *", wanted)) & set(tags):
                self.rows[suite, test] = Expectation(kind, why or "")

    def of(self, suite, test):
        return self.rows.get((suite, test)) or self.rows.get((suite, None))

    def why(self, suite, test):
        """The reason for a skip that is expected; empty if there is none."""
        row = self.of(suite, test)
        return row.why if row and row.kind == "skip" else ""

    def alone(self):
        """{suite.test: why} of those that are run again alone."""
        return {f"{suite}.{test}": row.why for (suite, test), row in self.rows.items()
                if row.kind == "alone"}

    def fault(self, outcome):
        """None, or why this outcome is not what was expected."""
        row = self.of(outcome.suite, outcome.test)
        if row is None:
            return "no line in expected.txt"
        if outcome.verdict == HUNG:
            return "did not end"
        wrong = {"pass": outcome.verdict in (FAILED, SKIPPED),
                 "skip": outcome.verdict == FAILED,
                 "alone": outcome.verdict in (FAILED, SKIPPED),
                 "fail": outcome.verdict == PASSED}[row.kind]
        return f"{outcome.verdict}, expected: {row.kind} {row.why}".rstrip() if wrong else None


def load(backend, paths=2):
    """What is expected by one path or by two."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "expected.txt")
    with open(path, encoding="utf-8") as text:
        return Expectations(text.read(), backend, "two paths" if paths == 2 else "one path")
