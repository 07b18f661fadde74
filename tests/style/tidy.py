#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a formatter does not see: licence lines, width, banned words, sleeps in unit tests."""

import re

import tree

COLUMNS = 100
# Texts that are wide by nature, or made by a program.
WIDE = re.compile(
    r"\.(md|json|jsonnet|libsonnet|ya?ml|toml|service|svg|seed|txt)$")
SEEDS = re.compile("^tests/fuzz/.*/seeds/")  # they are what they are, down to the last byte
LICENSED = re.compile(r"\.(h|cc|py|sh|cmake)$|CMakeLists\.txt$")
SPDX = "SPDX-License-Identifier: LGPL-2.1-or-later"

# word -> what to do instead. \b is added on both sides where the word begins or ends with a letter.
BANNED = {
    r"\bTO" r"DO\b": "do it, or open an issue",
    r"\bFIX" r"ME\b": "do it, or open an issue",
    r"\bX" r"XX\b": "do it, or open an issue",
    r"/wo" r"rk/": "no path of one machine",
    r"/ro" r"ot/": "no path of one machine",
}
BANNED_IN_CODE = {
    r"\bassert\(": "lungate::check(), which is active in release builds",
    r"\bstd::endl\b": '"\\n"',
    r"\bvolatile\b": "std::atomic",
    r"\brand\(\)": "OpenSSL's RAND_bytes, or a seeded std::mt19937_64 in tests",
    r"\bstrcpy\(|\bsprintf\(|\bstrcat\(": "std::string or std::span",
    r"\bcatch \(\.\.\.\) *\{ *\}": "handle it",
}
SLEEP = re.compile(r"\bsleep_(for|until)\b|\b(u|nano)sleep\s*\(|(?<![\w.])sleep\s*\(")
LOOP_LINES = 8
USING = re.compile(r"^\s*using namespace\b", re.M)


def without_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def check_lines(file):
    for number, line in enumerate(file.lines, 1):
        where = f"{file.path}:{number}"
        if len(line) > COLUMNS and not WIDE.search(file.path):
            yield f"{where}: {len(line)} columns"
        if "\t" in line and file.is_code | file.path.endswith(".py"):
            yield f"{where}: tab"
        if line != line.rstrip() and not file.path.endswith(".md"):
            yield f"{where}: space at the end"
        for word, instead in BANNED.items():
            if re.search(word, line):
                yield f"{where}: '{re.search(word, line).group()}': {instead}"


def check_code(file):
    text = without_comments(file.text)
    if file.is_header and "#pragma once" not in text:
        yield f"{file.path}: no #pragma once"
    if file.is_header and USING.search(text):
        yield f"{file.path}: 'using namespace' in a header"
    if file.path.startswith("tests/unit/"):
        yield from check_sleeps(file.path, text)
    for word, instead in BANNED_IN_CODE.items():
        if found := re.search(word, text):
            yield f"{file.path}: '{found.group()}': {instead}"


def check_sleeps(path, text):
    """A pause in a loop that looks for a condition is waiting; a bare one is hoping."""
    for slept in SLEEP.finditer(text):
        before = text[:slept.start()].split("\n")[-LOOP_LINES:]
        if not re.search(r"\b(while|for)\s*\(|\bdo\s*\{", "\n".join(before)):
            yield f"{path}: '{slept.group()}' in a unit test: wait for the event instead"


def check_file(file):
    if SEEDS.search(file.path):
        return []
    found = list(check_lines(file))
    head = "\n".join(file.lines[:2])
    if (LICENSED.search(file.path) or file.is_script) and SPDX not in head:
        found.append(f"{file.path}: no SPDX line")
    if file.is_code:
        found += check_code(file)
    if file.text and not file.text.endswith("\n"):
        found.append(f"{file.path}: no newline at the end")
    return found


if __name__ == "__main__":
    tree.report("tidy", [finding for file in tree.load() for finding in check_file(file)])
