# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the README's walk reads, and where it points. Each function says why it does not."""

from causes import DISKS, NAMES, SLOW_OSD, VICTIM

INTERVAL_S = 3
FULL = 0.8  # SATURATED in the headline
LONGEST = 8  # lines of `lungate slowlog --sort duration` that one looks at
BLOCK_BYTES = 512
DISORDER = 50  # segments: a busy machine without losses has none or a few
DATABASE = f"iqn.2026-11.com.example:{NAMES[VICTIM]}"
BACKUP = f"iqn.2026-11.com.example:{NAMES[3]}"


def longest_stage(record):
    return max(record["stages_s"], key=lambda name: record["stages_s"][name] or 0)


def most_of(values):
    """The most frequent one, and its share; (None, 0) of none."""
    values = list(values)
    first = max(set(values), key=values.count, default=None)
    return first, values.count(first) / len(values) if values else 0


class Reading:
    """Of one moment: the table, and the slow I/O so far."""

    def __init__(self, scenery):
        self.top = scenery.ask("top", "--once", "--interval", str(INTERVAL_S))
        self.records = scenery.ask("slowlog", "--sort", "duration")["records"]
        self.sessions = scenery.sessions()
        self.cluster = scenery.cluster

    def slow_luns(self):
        """Those that are nearly as bad as the worst: a small machine is a bit slow everywhere."""
        p99 = {row["lun"]: max(row[op]["p99_s"] or 0 for op in ("read", "write"))
               for row in self.top["luns"]}
        return {lun for lun, value in p99.items() if value > max(p99.values()) / 3}

    def full(self):
        return max(self.top["loop_busy_ratio"]) > FULL

    @staticmethod
    def bytes_of(row):
        return row["read"]["bytes_per_second"] + row["write"]["bytes_per_second"]

    def greediest(self):
        """Of the nexuses: its name, and its share of all bytes."""
        rows = sorted(self.top["initiators"], key=self.bytes_of)
        return rows[-1]["initiator"], self.bytes_of(rows[-1]) / sum(map(self.bytes_of, rows))

    def longest(self):
        return [record for record in self.records if record["lun"] == VICTIM][-LONGEST:]

    def stage(self):
        """Of the longest slow I/O of the victim's disk: the stage that most of them spent most of
        their time in, and its share of them."""
        return most_of(map(longest_stage, self.longest()))

    def osd(self):
        """That most of them come from, and its share of them."""
        return most_of(self.cluster.primary(DISKS[VICTIM], record["lba"] * BLOCK_BYTES)
                       for record in self.longest())

    def whose(self, stage):
        """Of the slow I/O that was so long there: the initiator of most, and its share of them."""
        return most_of(record["initiator"] for record in self.records
                       if longest_stage(record) == stage)

    def losers(self):
        """Whose segments come out of order."""
        return {session["initiator"] for session in self.sessions
                if session["out_of_order_segments"] > DISORDER}


def slow_osd(seen):
    assert not seen.full(), "a loop is full, too"
    assert len(seen.slow_luns()) > 1, f"slow are only {seen.slow_luns()}"
    assert seen.greediest()[1] < 0.8, seen.greediest()
    assert seen.stage()[0] == "backend" and seen.stage()[1] > 0.8, seen.stage()
    assert (osd := seen.osd())[0] == SLOW_OSD and osd[1] > 0.8, f"most of it is from osd.{osd}"


def loop(seen):
    assert seen.full(), f"no loop is full: {seen.top['loop_busy_ratio']}"
    assert seen.greediest()[0] == BACKUP, seen.greediest()


def greedy(seen):
    assert not seen.full(), "a loop is full, too"
    assert seen.slow_luns() == {VICTIM}, f"slow are {seen.slow_luns()}"
    assert seen.greediest()[0] == BACKUP and seen.greediest()[1] > 0.6, seen.greediest()
    assert seen.stage()[0] == "backend" and seen.stage()[1] > 0.8, seen.stage()


def lossy(seen):
    assert not seen.full(), "a loop is full, too"
    assert seen.greediest()[1] < 0.8, seen.greediest()
    assert seen.stage()[0] == "receive", seen.stage()
    assert seen.whose("receive")[0] == DATABASE, seen.whose("receive")
    assert seen.losers() == {DATABASE}, f"segments of {seen.losers()} come out of order"


READ = {"slow-osd": slow_osd, "loop": loop, "greedy": greedy, "lossy": lossy}
