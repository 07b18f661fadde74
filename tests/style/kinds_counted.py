#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A series that nothing counts is always zero, and an alert on it never fires: every enumerator of
telemetry/kinds.h is named by the rooms that record (target/ without telemetry; what the exporter
shows, or a test reads, has counted nothing)."""

import re

import tree

KINDS = "target/telemetry/kinds.h"
ENUM = re.compile(r"enum class (\w+) : [\w:]+ \{(.*?)\};", re.S)
ENUMERATOR = re.compile(r"\b(k[A-Z]\w*)")
# Enumerations that are no one's to name, with the reason.
POSITIONS = {
    "OpClass": "folded from Op by the readers",
    "Stage": "the four readings of one list, in its order (session/counting.cc)",
}
# Names that iscsi has, too: only the qualified ones are meant.
AMBIGUOUS = {"TaskFunction", "TaskResponse"}
# Said within the room: the first of a block whose cells task_counter() computes; how every LUN
# begins (Segment::add_lun); what recording an I/O finds out by itself (recorder.h, recorder.cc).
OURS = {("LunCounter", "kTaskManagement"), ("OfflineReason", "kOpening"),
        ("LunCounter", "kSlowReads"), ("LunCounter", "kSlowWrites"),
        ("GatewayCounter", "kSlowNotKept"), ("GatewayCounter", "kInitiatorsNoSlot")}


def enumerators(kinds_text):
    text = re.sub(r"//[^\n]*", "", kinds_text)
    for name, body in ENUM.findall(text):
        for enumerator in ENUMERATOR.findall(re.sub(r"=[^,]*", "", body)):
            yield name, enumerator


def uncounted(kinds_text, other_texts):
    text = re.sub(r"//[^\n]*", "", "\n".join(other_texts))
    for enum, name in enumerators(kinds_text):
        if enum in POSITIONS or (enum, name) in OURS:
            continue
        qualified = f"telemetry::{enum}::{name}" if enum in AMBIGUOUS else f"{enum}::{name}"
        if not re.search(rf"\b{qualified}\b", text):
            yield f"{KINDS}: {enum}::{name} is counted by nobody"


def main():
    files = {file.path: file.text for file in tree.load_code(("target",))}
    others = [text for path, text in files.items() if not path.startswith("target/telemetry/")]
    tree.report("kinds_counted", list(uncounted(files[KINDS], others)))


if __name__ == "__main__":
    main()
