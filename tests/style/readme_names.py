#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""target/README.md names files and functions; who reads it opens them. So:

- every path between backticks, and every link, leads somewhere: from target/, from the root, or, in
  a row of the rooms' table, from that row's rooms;
- `name()` right behind a path occurs in that file;
- every folder of tests/ has a row there;
- `Class::name()` and `room::name()` occur in a file of that class or room; a bare `name()` in any.
"""

import os
import re

import tree

README = "target/README.md"
CODE_SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#]+)\)")
PATH = re.compile(r"^[\w.<>-]+(/[\w.<>-]*)*$")
ENDS_AS_FILE = re.compile(r"\.(h|cc|py|md|txt|sh|cmake)$")
CALL = re.compile(r"^(?:(\w+)::)?(\w+)\(\)$")
TIED = re.compile(r"`([\w./-]+\.(?:h|cc|py))`\s+`(?:(?:\w+)::)?(\w+)\(\)`")


def places(files):
    """Every file and every folder above one."""
    found = set(files)
    for path in files:
        while path := os.path.dirname(path):
            found.add(path)
    return found


def resolve(path, rooms, known):
    path = path.split("<")[0].rstrip("/")
    bases = ["target", "", *(f"target/{room}" for room in rooms), *rooms]
    for base in bases:
        place = os.path.normpath(os.path.join(base, path))
        if place in known:
            return place
    return None


def rooms_of(line):
    """The rooms of a row of the table: the names in its first cell."""
    if not line.startswith("|"):
        return []
    return CODE_SPAN.findall(line.split("|")[1])


def is_path(span):
    return PATH.match(span) and ("/" in span or ENDS_AS_FILE.search(span))


def calls(text, name):
    return re.search(rf"\b{name}\(", text)


def candidates(qualifier, files):
    if any(path.startswith(f"target/{qualifier}/") for path in files):
        return [text for path, text in files.items() if path.startswith(f"target/{qualifier}/")]
    if qualifier:
        return [text for text in files.values()
                if re.search(rf"\b(class|struct) {qualifier}\b|\b{qualifier}::\w", text)]
    return files.values()


def check_text(text, files):
    known = places(files)
    for line in text.split("\n"):
        for span in CODE_SPAN.findall(line):
            if is_path(span) and not resolve(span, rooms_of(line), known):
                yield f"{README}: no file or folder '{span}'"
            call = CALL.match(span)
            if call and not any(calls(found, call[2]) for found in candidates(call[1], files)):
                yield f"{README}: no '{span}'"
        for link in LINK.findall(line):
            if "://" not in link and os.path.normpath("target/" + link) not in known:
                yield f"{README}: no file '{link}' to link to"
    for path, name in TIED.findall(text):
        place = resolve(path, [], known)
        if place and not calls(files.get(place, ""), name):
            yield f"{README}: '{name}()' does not occur in {place}"


def check_tests(text, files):
    """The best test is worth nothing to whoever does not know of it."""
    rows = {path.rstrip("/") for line in text.split("\n") for path in rooms_of(line)}
    told = {"/".join(path.split("/")[:2]) for path in rows if path.startswith("tests/")}
    there = {"/".join(path.split("/")[:2]) for path in files if re.match(r"tests/[^/]+/", path)}
    return [f"{README}: no row for {folder}" for folder in sorted(there - told)]


def main():
    files = {file.path: file.text for file in tree.load()}
    for name in os.listdir(tree.ROOT):
        if os.path.isfile(os.path.join(tree.ROOT, name)):
            files[name] = ""
    code = {path: text if path.endswith(tree.CODE) else "" for path, text in files.items()}
    text = files[README]
    tree.report("readme_names", [*check_text(text, code), *check_tests(text, code)])


if __name__ == "__main__":
    main()
