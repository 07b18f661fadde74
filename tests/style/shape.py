#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Function lengths and names, as universal-ctags sees them, and how much of a room is explained.

Lengths are a ratchet: none is over LINES_MAX; a function that has a reason to be longer stands in
LONGER with its length, and may only shrink. So is the share of comment lines: every folder of the
product is at SHARE_MIN or above, and the number may only be raised. (target/ itself has main.cc
alone, and is measured with control/.) Every source file of the product begins with its purpose.
"""

import ast
import json
import re
import subprocess
import sys

import tree

LINES_MAX = 70
# "path: function": lines, reason
LONGER = {}

# Comment lines of all lines that are not blank, licence lines left out, per folder with sources.
SHARE_MIN = 0.13
FOLDER_OF = {"target": "target/control"}

PASCAL = re.compile(r"^[A-Z][A-Za-z0-9]*$")
SNAKE = re.compile(r"^[a-z][a-z0-9_]*$")
CONSTANT = re.compile(r"^k[A-Z][A-Za-z0-9]*$")
OURS_MACRO = re.compile(r"^(LUNGATE_[A-Z0-9_]+|X)$")  # X: the row of a list macro
# Words that a library or the language prescribes: gtest's and gmock's hooks, std's conventions.
PRESCRIBED = re.compile(r"^(SetUp|TearDown|SetUpTestSuite|TearDownTestSuite|Collect|Serialize|main|"
                        r"On[A-Z][A-Za-z]+|"
                        r"TEST\w*|TYPED_TEST\w*|MATCHER\w*|INSTANTIATE\w*|BENCHMARK\w*|ACTION\w*|"
                        r"MOCK_METHOD|PrintTo|LLVMFuzzer\w+|BM_\w+|operator.*|~.*)$")


def tags(paths):
    done = subprocess.run(
        ["ctags", "--output-format=json", "--fields=+neaKSs", "--languages=C++",
         "--langmap=C++:.cc.h", "--kinds-C++=cdefgmsnv", "-f", "-", "-L", "-"],
        input="\n".join(paths), capture_output=True, text=True, cwd=tree.ROOT, check=True)
    for line in done.stdout.splitlines():
        tag = json.loads(line)
        if tag.get("_type") == "tag" and not tag["name"].startswith("__anon"):
            yield tag


def python_functions(file):
    for node in ast.walk(ast.parse(file.text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.end_lineno - node.lineno + 1


def check_length(path, name, lines, longer=None):
    allowed, _ = (LONGER if longer is None else longer).get(f"{path}: {name}", (LINES_MAX, ""))
    if lines > allowed:
        return [f"{path}: {name} has {lines} lines; {allowed} are allowed"]
    return []


def is_type_made(tag):
    """A constructor: named as its class, which is a type."""
    return tag.get("scope", "").split("::")[-1] == tag["name"]


def check_name(tag):
    kind, name, where = tag["kind"], tag["name"], f"{tag['path']}:{tag.get('line', 0)}"
    if kind in ("class", "struct", "enum") and not PASCAL.match(name):
        # Traits that extend a library's template are that library's to name; and ctags takes the
        # variable of `struct stat st{}` for a type.
        line = tag.get("pattern", "")
        named = re.search(rf"\b(class|struct|enum)\s+(\w+\(.*\)\s*)?{name}\b", line)
        return [f"{where}: type {name} is not PascalCase"] if named and "<" not in line else []
    if kind == "enumerator" and not CONSTANT.match(name) and not OURS_MACRO.match(name):
        return [f"{where}: enumerator {name} is not kName"]
    if kind == "macro" and not OURS_MACRO.match(name) and not tag["path"].startswith("tests/"):
        return [f"{where}: macro {name} does not begin with LUNGATE_"]
    if kind == "function" and not SNAKE.match(name):
        if not (PRESCRIBED.match(name) or is_type_made(tag)):
            return [f"{where}: function {name} is not snake_case"]
    if kind == "member" and tag.get("access") == "private" and tag.get("scopeKind") == "class":
        if not re.match(r"^([a-z][a-z0-9_]*_|k[A-Z]\w*)$", name):
            return [f"{where}: private member {name} does not end with _"]
    return []


def comment_share(texts):
    """Whole lines of comment; one behind code explains that line and is counted as code."""
    comments = code = 0
    for text in texts:
        for line in (line.strip() for line in text.split("\n")):
            if line and "SPDX-License-Identifier" not in line:
                comments += line.startswith("//")
                code += not line.startswith("//")
    return comments / max(1, comments + code)


def check_shares(files, share_min=SHARE_MIN):
    folders = {}
    for file in files:
        if not file.path.startswith("tests/"):
            folder = file.path.rpartition("/")[0]
            folders.setdefault(FOLDER_OF.get(folder, folder), []).append(file.text)
    for folder, texts in sorted(folders.items()):
        if (share := comment_share(texts)) < share_min:
            yield f"{folder}: {share:.3f} of its lines are comments, {share_min} are wanted"


def check_head(file):
    """The file's job stands between the licence and the first line of code."""
    if file.path.startswith("tests/") or not file.path.endswith(".cc"):
        return []
    lines = [line for line in file.lines if line.strip()]
    if len(lines) < 2 or not lines[1].startswith("//"):
        return [f"{file.path}: does not begin with what it is for"]
    return []


def check_tree():
    files = tree.load_code()
    found = list(check_shares(files))
    for file in files:
        found += check_head(file)
    for tag in tags([file.path for file in files]):
        found += check_name(tag)
        if tag["kind"] == "function" and "end" in tag:
            found += check_length(tag["path"], tag["name"], tag["end"] - tag["line"] + 1)
    for file in tree.load(("tests", "packaging"), lambda path: path.endswith(".py")):
        for name, lines in python_functions(file):
            found += check_length(file.path, name, lines)
    return found


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit("python 3.11 or later")
    tree.report("shape", check_tree())
