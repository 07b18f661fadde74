# SPDX-License-Identifier: LGPL-2.1-or-later
"""Running libiscsi's conformance suite and reading what it says.

A test that is skipped calls itself passed there; here the two are told apart.
"""

import re
import subprocess
from dataclasses import dataclass

PROGRAM = "iscsi-test-cu"
VERDICTS = PASSED, FAILED, SKIPPED, HUNG = "passed", "FAILED", "skipped", "HUNG"

SUITE = re.compile(r"^Suite: (\S+)")
TEST = re.compile(r"^  Test: (\S+) \.\.\.")
ASSERTION = re.compile(r"^\s{4,}\d+\. ")
# Other output may follow on the same line.
VERDICT = re.compile(r"(?:^|\.\.\.)(passed|FAILED)(?=\s|$)")


@dataclass
class Outcome:
    suite: str
    test: str
    verdict: str
    text: str

    @property
    def name(self):
        return f"{self.suite}.{self.test}"

    def said(self):
        """Why it was skipped or has failed, in the suite's words."""
        mark = {SKIPPED: r"\[SKIPPED\]", FAILED: r"\[FAILED\]|\d+\."}.get(self.verdict, "$.")
        found = re.search(rf"(?:{mark})[ ]*(\S.*)", self.text)
        return found.group(1).strip() if found else ""


def parse(output):
    """[Outcome] of a run's output; a test without a verdict has hung (or the suite was cut off)."""
    outcomes, suite = [], ""
    for line in output.splitlines():
        if found := SUITE.match(line):
            suite = found.group(1)
        elif found := TEST.match(line):
            outcomes.append(Outcome(suite, found.group(1), HUNG, ""))
        elif outcomes and outcomes[-1].verdict == FAILED and ASSERTION.match(line):
            outcomes[-1].text += "\n" + line  # CUnit lists them behind the verdict
        if outcomes and outcomes[-1].verdict == HUNG:
            read_line(outcomes[-1], line)
    return outcomes


def read_line(outcome, line):
    """A line of a test that has no verdict yet. What stands behind the verdict is the suite's own
    tidying up, which skips too."""
    found = VERDICT.search(line)
    outcome.text += "\n" + (line[:found.start()] if found else line)
    if found and found.group(1) == "FAILED":
        outcome.verdict = FAILED
    elif found:
        outcome.verdict = SKIPPED if "[SKIPPED]" in outcome.text else PASSED


def suites():
    """{suite: [test]} that the program has."""
    listed = subprocess.run([PROGRAM, "-l"], capture_output=True, text=True, check=False)
    found = {}
    for line in (listed.stdout + listed.stderr).splitlines():
        if match := re.match(r"^ALL\.(\w+)\.(\w+)$", line):
            found.setdefault(match.group(1), []).append(match.group(2))
    return found


def counted(outcomes):
    """{verdict: how many}, each verdict in it."""
    return {verdict: sum(one.verdict == verdict for one in outcomes) for verdict in VERDICTS}


def run(what, *urls, timeout):
    """[Outcome] of the tests that `what` (ALL, ALL.Suite, ALL.Suite.Test, several with commas)
    names. A second URL is another path to the same disk."""
    command = [PROGRAM, "-d", "-S", "-t", what, *urls]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout, check=False)
        output = done.stdout
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
    return parse(output.decode("latin-1"))
