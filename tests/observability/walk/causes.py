# SPDX-License-Identifier: LGPL-2.1-or-later
"""Four reasons for which a disk is slow, raised for real. The victim is always disk 1 of db-1."""

DISKS = [f"vms/disk{number}" for number in range(4)]
NAMES = ("web-1", "db-1", "mail-1", "backup-1")
VICTIM, SLOW_OSD = 1, 1
MIB = 1 << 20
# What everybody does on a good day; the database writes pages of 64 KiB.
MODEST = ("--depth", "4", "--block-bytes", "16384", "--read-percent", "70", "--iops-max", "60")
DATABASE = ("--depth", "4", "--block-bytes", "65536", "--read-percent", "50", "--iops-max", "60")


class Good:
    """No fault."""
    SCRATCH = False  # whether there is a disk 4 that no storage slows down

    def prepare(self, cluster):
        """Before the gateway starts."""

    def connect(self, host, name):
        host.connect()

    def begin(self, scene):
        """When all hosts work."""

    def end(self, scene):
        """Undoes what outlives the gateway."""


class SlowOsd(Good):
    """One of three OSDs takes its time."""

    def begin(self, scene):
        scene.cluster.slow(SLOW_OSD, 0.15, 0.5)

    def end(self, scene):
        scene.cluster.slow(SLOW_OSD, 0, 0)


class Loop(Good):
    """A host asks for all that an event loop can give, of another disk."""
    SCRATCH = True

    def begin(self, scene):
        for _ in range(4):
            scene.load("backup-1", 4, "--depth", "128", "--block-bytes", "65536",
                       "--read-percent", "100")


class Greedy(Good):
    """A backup reads the database's disk, which Ceph bounds."""

    def prepare(self, cluster):
        cluster.limit(DISKS[VICTIM], 24 * MIB)

    def begin(self, scene):
        scene.load("backup-1", VICTIM, "--depth", "16", "--block-bytes", str(MIB),
                   "--read-percent", "100", "--sequential")

    def end(self, scene):
        scene.cluster.limit(DISKS[VICTIM], 0)


class Lossy(Good):
    """The wire of one host loses packets."""
    LOSS = 0.05

    def connect(self, host, name):
        if name == NAMES[VICTIM]:
            host.connect_badly(self.LOSS)
        else:
            host.connect()


CAUSES = {"slow-osd": SlowOsd, "loop": Loop, "greedy": Greedy, "lossy": Lossy}
