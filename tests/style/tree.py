# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files of the repository as the style tests see them: a path from the root, and a text."""

import os
import sys
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OURS = ("target", "exporter", "ctl", "tests", "packaging", "alerts", "grafana", "cmake", ".ci")
CODE = (".h", ".cc")
NOT_OURS = {"build", ".git", "__pycache__"}


@dataclass(frozen=True)
class File:
    path: str
    text: str

    @property
    def lines(self):
        return self.text.split("\n")

    @property
    def is_header(self):
        return self.path.endswith(".h")

    @property
    def is_code(self):
        return self.path.endswith(CODE)

    @property
    def is_script(self):
        return self.path.endswith((".py", ".sh")) or self.text.startswith("#!")


def load(folders=OURS, wanted=lambda path: True):
    """Every text file below the folders; binary ones (corpora) are left out."""
    for folder in folders:
        for place, folders_below, names in os.walk(os.path.join(ROOT, folder)):
            folders_below[:] = sorted(f for f in folders_below if f not in NOT_OURS)
            for name in sorted(names):
                full = os.path.join(place, name)
                path = os.path.relpath(full, ROOT)
                if os.path.islink(full) or not wanted(path):
                    continue
                with open(full, "rb") as stream:
                    raw = stream.read()
                if b"\0" in raw:
                    continue
                yield File(path, raw.decode("utf-8", "replace"))


def load_code(folders=("target", "exporter", "ctl", "tests")):
    return list(load(folders, lambda path: path.endswith(CODE)))


def report(name, findings):
    """Prints what was found; the exit status says whether there was anything."""
    for finding in findings:
        print(finding)
    print(f"{name}: {len(findings)} finding(s)")
    sys.exit(1 if findings else 0)
