# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a run has to say: the matrix for whoever has started it, and as a value that is kept."""

import json
from dataclasses import asdict, dataclass, field

from cunit import FAILED, HUNG, PASSED, SKIPPED, counted


@dataclass
class Result:
    """One run. `said`: for each test that did not pass, why, in the suite's words."""

    name: str
    variant: str
    version: str
    suites: dict = field(default_factory=dict)  # {suite: {test: verdict}}
    said: dict = field(default_factory=dict)    # {suite.test: text}

    @staticmethod
    def of(served, variant, outcomes):
        result = Result(served.name, variant, served.version)
        for one in outcomes:
            result.suites.setdefault(one.suite, {})[one.test] = one.verdict
            if one.verdict != PASSED:
                result.said[one.name] = one.said()
        return result

    def counts(self, suite=None):
        """(passed, failed, skipped); what has hung has failed."""
        suites = [suite] if suite else self.suites
        verdicts = [verdict for name in suites for verdict in self.suites.get(name, {}).values()]
        return (verdicts.count(PASSED), verdicts.count(FAILED) + verdicts.count(HUNG),
                verdicts.count(SKIPPED))

    def named(self, *verdicts):
        """[suite.test] that ended like this."""
        return [f"{suite}.{test}" for suite, tests in self.suites.items()
                for test, verdict in tests.items() if verdict in verdicts]


def reasons(suite, tests, why):
    """"Simple, Eject: the medium is not removable": tests with one reason stand together."""
    by_reason = {}
    for test in tests:
        by_reason.setdefault(why(suite, test), []).append(test)
    if len(by_reason) == 1:
        return next(iter(by_reason))
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in by_reason.items())


def matrix_lines(outcomes, why):
    """The matrix: a line for each suite, and the sum. `why(suite, test)`: of a skip."""
    suites = {}
    for one in outcomes:
        suites.setdefault(one.suite, []).append(one)
    yield f"{'suite':24} passed failed skipped"
    for suite, found in suites.items():
        skipped = [one.test for one in found if one.verdict == SKIPPED]
        why_not = "  " + reasons(suite, skipped, why) if skipped else ""
        yield f"{suite:24} {columns(found)}{why_not}"
    yield f"{'all':24} {columns(outcomes)}"


def columns(outcomes):
    count = counted(outcomes)
    return f"{count[PASSED]:6} {count[FAILED] + count[HUNG]:6} {count[SKIPPED]:7}"


def summary(outcomes):
    return f"{len(outcomes)} tests: " + ", ".join(
        f"{count} {verdict.lower()}" for verdict, count in counted(outcomes).items())


@dataclass
class Matrix:
    """All runs of one day, as matrix.json keeps them."""

    date: str
    tool: str
    ceph: str
    results: list

    def dump(self):
        """A line for each suite, so that a change of one verdict is a change of one line."""
        def run(result):
            values = asdict(result)
            suites = ",\n".join(f"   {json.dumps(suite)}: {json.dumps(tests)}"
                                for suite, tests in values.pop("suites").items())
            said = ",\n".join(f"   {json.dumps(test)}: {json.dumps(text)}"
                              for test, text in values.pop("said").items())
            return (json.dumps(values)[:-1] + f',\n  "suites": {{\n{suites}\n  }},\n'
                    f'  "said": {{\n{said}\n  }}}}')
        head = {"date": self.date, "tool": self.tool, "ceph": self.ceph}
        return (json.dumps(head)[:-1] + ',\n "results": [\n' +
                ",\n".join(map(run, self.results)) + "\n ]}\n")

    @staticmethod
    def load(text):
        values = json.loads(text)
        results = [Result(**result) for result in values.pop("results")]
        return Matrix(**values, results=results)
