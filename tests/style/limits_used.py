#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bound that nothing asks for is a bound that does not hold: every constant of base/limits.h is
used outside of it (by the product; a test alone does not count)."""

import re

import tree

LIMITS = "target/base/limits.h"
CONSTANT = re.compile(r"inline constexpr [\w:]+(?:<\w+>)? (k\w+)\s*[{=]")
UNITS = {"kKiB", "kMiB", "kGiB"}  # words of the file itself


def unused(limits_text, other_texts):
    words = set(re.findall(r"\bk\w+", "\n".join(other_texts)))
    return [f"{LIMITS}: {name} is used nowhere"
            for name in CONSTANT.findall(limits_text) if name not in words | UNITS]


def main():
    files = {file.path: file.text for file in tree.load_code(("target", "exporter", "ctl"))}
    limits = files.pop(LIMITS)
    tree.report("limits_used", unused(limits, files.values()))


if __name__ == "__main__":
    main()
