# SPDX-License-Identifier: LGPL-2.1-or-later
"""The part of README.md that nobody writes by hand: made from matrix.json and expected.txt."""

import re

from cunit import FAILED, HUNG, SKIPPED
from expectation import load
from report import reasons

BEGIN = "<!-- from here on written by ./matrix -->"
END = "<!-- until here -->"
BETWEEN = re.compile(re.escape(BEGIN) + "\n.*?" + re.escape(END), re.S)
PLAIN = "two portals"


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def cell(counts):
    """Most are all passed: only what is not says so."""
    passed, failed, skipped = counts
    return " ".join([str(passed)] + ([f"**{failed} failed**"] if failed else []) +
                    ([f"{skipped} skipped"] if skipped else []))


def merged_reasons(results, suite):
    """Why lungate's runs skip; a reason that holds for one backend alone says so."""
    said = {}
    for result in results:
        backend = result.name.split(", ")[1]
        tests = [test for test, verdict in result.suites.get(suite, {}).items()
                 if verdict == SKIPPED]
        if tests:
            said.setdefault(reasons(suite, tests, load(backend).why), []).append(backend)
    return "; ".join(text if len(backends) == len(results) else f"{', '.join(backends)}: {text}"
                     for text, backends in said.items())


def suite_table(results):
    """Beside each other: those that were reached in the same way."""
    ours = [result for result in results if result.name.startswith("lungate")]
    yield row("suite", *(result.name for result in results), "why lungate skips")
    yield row("---", *["---"] * len(results), "---")
    for suite in results[0].suites:
        yield row(suite, *(cell(result.counts(suite)) for result in results),
                  merged_reasons(ours, suite))
    yield row("**all**", *(cell(result.counts()) for result in results), "")


def run_table(results):
    yield row("target, disk", "by", "tests", "passed", "failed",
              "skipped")
    yield row(*["---"] * 6)
    for result in results:
        counts = result.counts()
        yield row(result.name, result.variant, sum(counts), *counts)


def others(results):
    """What the others fail, by name."""
    for result in results:
        failed = result.named(FAILED, HUNG)
        if failed and not result.name.startswith("lungate"):
            yield f"{result.name} fails: " + ", ".join(
                f"{name} (hangs)" if result.suites[name.split(".")[0]][name.split(".")[1]] == HUNG
                else name for name in failed) + "."


def render(matrix):
    plain = [result for result in matrix.results if result.variant == PLAIN]
    versions = list(dict.fromkeys(result.version for result in plain))
    return "\n".join([
        f"{matrix.date}: iscsi-test-cu {matrix.tool}, `-d -S -t ALL` with a URL of each of two "
        f"portals; {', '.join(versions)}; {matrix.ceph}. Every run is the whole suite in one "
        "invocation against a target made for it.", "",
        *run_table(matrix.results), "",
        *(f"In the runs by two portals {name} is run again, alone, and counted so: {why}."
          for name, why in load("file").alone().items()), "",
        "By two portals, suite by suite (a number alone: so many passed):", "",
        *suite_table(plain), "",
        *others(plain)])


def put_in(readme, text):
    """README.md with `text` between the marks."""
    found = BETWEEN.search(readme)
    if not found:
        raise ValueError(f"README.md lacks the line {BEGIN!r}, or {END!r} behind it")
    return readme[:found.start()] + f"{BEGIN}\n{text}\n{END}" + readme[found.end():]
