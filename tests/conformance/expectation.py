# SPDX-License-Identifier: LGPL-2.1-or-later
"""expected.txt: what the conformance suite must say. The most specific line holds.

    pass    Suite            every test of it passes, none is skipped
    skip    Suite.Test  why  it is skipped (or passes)
    fail    Suite.Test  why  it fails, known; when it passes one day, the line goes
    absent  Suite       why  its commands are not built yet; it only must do no harm
    slow    Suite.Test  why  it looks at work that is done too soon on a fast disk: it is run again
                             on a slow one and must pass there; what it says of the fast one is no
                             matter

A line may end with the backends it is for: [file], [rbd].
"""

import re
from dataclasses import dataclass

from cunit import FAILED, HUNG, PASSED, SKIPPED

LINE = re.compile(r"^(pass|skip|fail|absent|slow)\s+(\w+)(?:\.(\w+))?(?:\s+([^\[]*?))?\s*"
                  r"(?:\[([\w, ]+)\])?$")


@dataclass(frozen=True)
class Expectation:
    kind: str
    why: str


class Expectations:
    def __init__(self, text, backend):
        self.rows = {}
        for number, line in enumerate(text.splitlines(), 1):
            line = line.split("#")[0].strip()
            if not line:
                continue
            match = LINE.match(line)
            if not match:
                raise ValueError(f"line {number}: {line}")
            kind, suite, test, why, backends = match.groups()
            if kind in ("skip", "fail", "absent", "slow") and not why:
                raise ValueError(f"line {number}: no reason: {line}")
            if backends is None or backend in re.split(r"[, ]+", backends):
                self.rows[suite, test] = Expectation(kind, why or "")

    def of(self, suite, test):
        return self.rows.get((suite, test)) or self.rows.get((suite, None))

    def built_suites(self):
        """Those with a test that is more than absent."""
        return {suite for (suite, _), row in self.rows.items() if row.kind != "absent"}

    def slow_tests(self):
        return [f"{suite}.{test}" for (suite, test), row in self.rows.items() if row.kind == "slow"]

    def fault(self, outcome):
        """None, or why this outcome is not what was expected."""
        row = self.of(outcome.suite, outcome.test)
        if row is None:
            return "no line in expected.txt"
        if outcome.verdict == HUNG:
            return "did not end"
        wrong = {"pass": outcome.verdict in (FAILED, SKIPPED),
                 "skip": outcome.verdict == FAILED,
                 "fail": outcome.verdict == PASSED,
                 "absent": False,
                 "slow": False}[row.kind]
        return f"{outcome.verdict}, expected: {row.kind} {row.why}".rstrip() if wrong else None
