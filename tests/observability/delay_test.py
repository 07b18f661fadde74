# SPDX-License-Identifier: LGPL-2.1-or-later
"""The same latency from three sides. A file LUN that waits 5 ms, one command at a time: the
initiator's own p50 and p99 lie in the bucket that histogram_quantile names, and agree with the fine
bins of the segment (`lungate top`) within 7 % + 0.3 ms.

The initiator's clock also counts how long the initiator waits for a core, which no gateway can
see: on a busy machine a run may disagree. Five runs, one of them must agree in everything."""

import math
import sys

import scene
from scene import lab

RUNS = 5
LOAD_SECONDS, TOP_SECONDS, RATE_SECONDS = 6, 12, 20
LATENCY = "lungate_lun_op_duration_seconds"


def bucket_of(scrape, value):
    """(lower, upper] among the edges that the page has."""
    edges = sorted({float(labels["le"]) for labels, _ in scrape.query(f"{LATENCY}_bucket")})
    upper = next(edge for edge in edges if value <= edge)
    return max((edge for edge in edges if edge < upper), default=0.0), upper


def measure(now):
    """One run: what the initiator said, what `lungate top` said, and Prometheus' quantiles."""
    top = now.top(TOP_SECONDS)
    try:
        mine = scene.result(now.load("--seconds", str(LOAD_SECONDS), "--depth", "1",
                                     "--block-bytes", "4096", "--read-percent", "50"))
        now.wait_scrapes(2)
        quantiles = {
            (op, q): now.value(f'histogram_quantile({q}, sum by (le) '
                               f'(rate({LATENCY}_bucket{{op="{op}"}}[{RATE_SECONDS}s])))')
            for op in ("read", "write") for q in (0.5, 0.99)}
    finally:
        fine = scene.result(top)
    return mine, fine, quantiles


def compare(now, mine, fine, quantiles):
    """Prints a line for each quantile; whether all agree."""
    agreed = True
    for op in ("read", "write"):
        lun = fine["luns"][0][op]
        count, seen = mine[op + "s"]["count"], lun["per_second"] * fine["interval_s"]
        agreed &= abs(seen - count) <= 1  # or the two looked at different I/O
        for q, client, bins in ((0.5, "p50_ms", "p50_s"), (0.99, "p99_ms", "p99_s")):
            own, exact = mine[op + "s"][client] / 1000, lun[bins]
            lower, upper = bucket_of(now, quantiles[op, q])
            within = exact is not None and abs(own - exact) <= 0.07 * own + 0.0003
            right = lower < own <= upper
            exact_ms = math.nan if exact is None else exact * 1e3
            print(f"{op} p{q * 100:.0f}: initiator {own * 1e3:.3f} ms of {count}; top "
                  f"{exact_ms:.3f} ms of {seen:.0f}, {'agrees' if within else 'DISAGREES'}; "
                  f"Prometheus {quantiles[op, q] * 1e3:.3f} ms in ({lower}, {upper}], "
                  f"{'right' if right else 'WRONG'} bucket", flush=True)
            agreed &= within and right
    return agreed


def main():
    scene.require("prometheus")
    with scene.Scene([lab.file_lun(0, "64MiB", test_delay_ms=5)]) as now:
        for run in range(1, RUNS + 1):
            print(f"run {run}", flush=True)
            if compare(now, *measure(now)):
                return 0
            # The rate of the next run must not see this one.
            now.wait_scrapes(RATE_SECONDS - LOAD_SECONDS)
    print("no run agreed")
    return 1


if __name__ == "__main__":
    sys.exit(main())
