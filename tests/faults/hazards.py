# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which test is for which hazard of a target, and for which fault that another target has had. Run
as a program it writes the tables of README.md, which says how tests are called.
"""

import ast
import functools
import glob
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
README = os.path.join(HERE, "README.md")
BEGIN, END = "<!-- tables: by hazards.py -->\n", "<!-- end of the tables -->\n"

# What it is, and where else something of it is tested that cannot be reached from outside.
HAZARDS = (
    ("lengths of data segments", ""),
    ("additional header segments", "`tests/fuzz/iscsi`"),
    ("padding and digests", ""),
    ("PDUs that have no place in a state", ""),
    ("stages, versions, handles of a login", ""),
    ("text of a login without end or form", "`tests/fuzz/iscsi`"),
    ("unknown keys", ""),
    ("ways round the authentication", ""),
    ("CHAP", "the comparison in constant time: `tests/unit/iscsi/chap_test.cc`"),
    ("logins that are slow, many, or meet no descriptors", ""),
    ("reinstatement", "`tests/unit/session/registry_test.cc`, "
     "`tests/unit/session/reinstatement_test.cc`"),
    ("command numbers", "`tests/unit/iscsi/cmdsn_test.cc`"),
    ("task tags and transfer tags", ""),
    ("data that was not asked for", ""),
    ("expected lengths and residuals", ""),
    ("R2T", ""),
    ("task management", "`tests/unit/session/task_manager_test.cc`"),
    ("pings", ""),
    ("text in full feature phase", ""),
    ("logout", ""),
    ("peers that do not read", ""),
    ("SNACK and acknowledgements", ""),
    ("LUN fields, REPORT LUNS, missing units", ""),
    ("CDBs and parameter lists", "`tests/fuzz/scsi`"),
    ("persistent reservations", "what is kept with the store: `aptpl_test.py`; who is fenced: "
     "`fencing_test.py`; `PRGENERATION` loses nothing when it wraps: a word of 32 bits, "
     "`tests/unit/scsi/reservations_test.cc`; several gateways: not built"),
    ("COMPARE AND WRITE, and blocks in use", "several gateways: not built"),
    ("EXTENDED COPY", "`tests/unit/scsi/copy_plan_test.cc`"),
    ("names in metrics, JSON and log", "`tests/unit/exporter`"),
    ("stores that fail", "RBD: `tests/unit/backend/rbd/ownership_test.cc`, `full_pool_test.cc`; "
     "every errno: `tests/unit/backend/file/errors_test.cc`; a store that hangs: "
     "`hung_store_test.py`; kill -9: `kill_test.py`"),
    ("integers, and work that outlives its owner", "`./test asan`, `./test tsan`, `tests/fuzz`"),
)

# ID, whose fault, what it was; and why it cannot be ours where no test is for it.
REGRESSIONS = (
    ("CVE-2010-0743", "tgt, IET", "text of a peer as a format", ""),
    ("CVE-2010-2221", "tgt, IET, SCST", "iSNS: overflow by a length", "there is no iSNS"),
    ("CVE-2011-0001", "tgt", "additional headers beyond the buffer of a login", ""),
    ("CVE-2013-2850", "LIO", "a long unknown key in the answer", ""),
    ("LIO bf33e01f88388", "LIO", "2,048 unknown keys in the answer", ""),
    ("LIO 1e5733883421", "LIO", "Base64 response of CHAP beyond the digest", ""),
    ("CVE-2024-45751", "tgt", "challenges from an unseeded generator", ""),
    ("CVE-2014-4027", "LIO", "old memory in what is read", ""),
    ("CVE-2020-28374", "LIO, tcmu-runner (CVE-2021-3139)", "copies of units of others", ""),
    ("CVE-2017-1000198", "tcmu-runner", "management requests: leaks, overflows", ""),
    ("CVE-2017-1000201", "tcmu-runner", "the same", ""),
    ("CVE-2021-28361", "SPDK", "text without data, C bit", ""),
    ("SPDK 19.07", "SPDK", "I/O requests whose lengths disagree", ""),
    ("SPDK 3927", "SPDK", "another PDU before the login", ""),
    ("SPDK 2958", "SPDK", "an end while parameters change", ""),
    ("CVE-2025-57275", "SPDK (NVMe-oF)", "more registrants than places", ""),
    ("CVE-2019-9547", "SPDK (vhost)", "chains of descriptors", "there is no vhost"),
    ("CVE-2026-23193", "LIO", "use of a session after its end", ""),
    ("CVE-2026-23216", "LIO", "use of a connection after its end", ""),
    ("CVE-2026-53176", "LIO (iSER)", "a length below what is taken off it", ""),
    ("LIO endings", "LIO (several, without an ID)", "aborts, resets and ends against writes that "
     "wait for data", ""),
    ("CVE-2024-42416", "FreeBSD", "service action as an index", ""),
    ("CVE-2024-43110", "FreeBSD", "REQUEST SENSE: memory behind the sense data", ""),
    ("CVE-2024-8178", "FreeBSD", "READ BUFFER: memory that was not written", ""),
    ("CVE-2024-45063", "FreeBSD", "WRITE BUFFER: use after free", ""),
    ("CVE-2024-39281", "FreeBSD", "parameter lists of 4 GiB", ""),
    ("CVE-2023-2162", "Linux initiator", "use after free", "an initiator's"),
    ("CVE-2021-27363", "Linux initiator", "also -27364, -27365: information, overflow",
     "an initiator's"),
)


def is_test(name):
    return name.startswith(("test_", "hazard_", "regression_"))


@functools.cache
def tests():
    """[(file, test, its text)] of all the tests here."""
    found = []
    for path in sorted(glob.glob(os.path.join(HERE, "*_test.py"))):
        with open(path, encoding="utf-8") as text:
            tree = ast.parse(text.read())
        found += [(os.path.basename(path), node.name, ast.get_docstring(node) or "")
                  for node in ast.walk(tree)
                  if isinstance(node, ast.FunctionDef) and is_test(node.name)]
    return found


def hazards_of(name, text):
    """Numbers: of its name, and of "hazard 07" and "hazards 07 and 08" in its text."""
    numbers = {int(number) for number in re.findall(r"^hazard_(\d\d)_", name)}
    for some in re.findall(r"\bhazards? ((?:\d\d(?:, | and )?)+)", text):
        numbers |= {int(number) for number in re.findall(r"\d\d", some)}
    return numbers


def of_hazard(number):
    return [(file, name) for file, name, text in tests() if number in hazards_of(name, text)]


def prefix_of(identity):
    """What the names of its tests begin with."""
    return "regression_" + re.sub(r"\W", "_", identity.lower()) + "_"


def of_regression(identity):
    return [(file, name) for file, name, _ in tests() if name.startswith(prefix_of(identity))]


def cell(found, note):
    """File by file, each test without what the row says already."""
    files = {}
    for file, name in found:
        files.setdefault(file, []).append(f"`{name}`")
    parts = [f"{file}: {', '.join(names)}" for file, names in files.items()]
    return "; ".join(parts + ([note] if note else []))


def tables():
    lines = ["| # | hazard | tests |", "|---|---|---|"]
    lines += [f"| {number} | {what} | {cell(of_hazard(number), note)} |"
              for number, (what, note) in enumerate(HAZARDS, 1)]
    lines += ["", "| fault of another target | whose | what | tests |", "|---|---|---|---|"]
    lines += [f"| {identity} | {whose} | {what} | {cell(of_regression(identity), why)} |"
              for identity, whose, what, why in REGRESSIONS]
    return "\n".join(lines) + "\n"


def readme():
    with open(README, encoding="utf-8") as text:
        return text.read()


def with_tables(text):
    before, rest = text.split(BEGIN)
    return before + BEGIN + tables() + END + rest.split(END)[1]


def main():
    text = with_tables(readme())
    with open(README, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
