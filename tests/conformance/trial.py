# SPDX-License-Identifier: LGPL-2.1-or-later
"""A subject (served.py) put to the suite, and what must hold of that beyond the verdicts."""

import time

import cunit

SUITE_SECONDS = 300
WHOLE_SECONDS = 1500
REFUSAL_SECONDS = 30


def run_suites(names, subject):
    """One invocation each, told as they end; the last is the one that ends the target."""
    outcomes = []
    for name in names:
        begin = time.monotonic()
        found = cunit.run(f"ALL.{name}", *subject.urls, timeout=SUITE_SECONDS)
        outcomes += found
        print(f"{name:24} " + " ".join(f"{count} {verdict}" for verdict, count in
                                       cunit.counted(found).items() if count) +
              f"  ({time.monotonic() - begin:.1f} s)", flush=True)
        if subject.gateway and not subject.gateway.server.alive():
            break
    return outcomes


def run_whole(subject):
    return cunit.run("ALL", *subject.urls, timeout=WHOLE_SECONDS)


def again_alone(outcomes, expectations, subject):
    """The outcomes with those of tests that are to be run alone; tells what they said before."""
    settled = []
    for one in outcomes:
        if one.verdict == cunit.FAILED and (why := expectations.alone().get(one.name)):
            again = cunit.run(f"ALL.{one.name}", *subject.urls, timeout=SUITE_SECONDS)
            print(f"{one.name}: failed after the others ({why}); alone: "
                  f"{' '.join(found.verdict for found in again) or 'nothing'}", flush=True)
            one = again[0] if again else one
        settled.append(one)
    return settled


def intruders(subject):
    """What ran although the initiator lacked what is demanded."""
    return [f"{url}: gets in" for url in subject.wrong_urls
            if cunit.run("ALL.TestUnitReady", url, timeout=REFUSAL_SECONDS)]


def not_run(outcomes, names, suites):
    """What the suite has (cunit.suites()), was asked for, and has no verdict: it was cut off."""
    found = {one.name for one in outcomes}
    listed = [f"{suite}.{test}" for suite, tests in suites.items() for test in tests]
    wanted = [test for test in listed
              if not names or test in names or test.split(".")[0] in names]
    unknown = [name for name in names if name not in suites and name not in listed]
    return ([f"{test}: not run" for test in wanted if test not in found] +
            [f"{name}: there is no such test" for name in unknown])


def faults_of(outcomes, expectations):
    return [f"{one.name}: {fault}" for one in outcomes if (fault := expectations.fault(one))]
