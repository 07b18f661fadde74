#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The style tests can go red: each is shown the fault that it is there for."""

import os
import subprocess
import tempfile
import unittest

import include_table
import kinds_counted
import limits_used
import readme_names
import shape
import tidy
from tree import ROOT, File

HEAD = "// SPDX-License-Identifier: LGPL-2.1-or-later\n"


class Includes(unittest.TestCase):
    def red(self, path, line):
        self.assertTrue(include_table.check_file(File(path, HEAD + line + "\n")), line)

    def green(self, path, line):
        self.assertEqual(include_table.check_file(File(path, HEAD + line + "\n")), [])

    def test_upward_and_sideways_includes(self):
        self.red("target/iscsi/bhs.h", '#include "scsi/sense.h"')
        self.red("target/scsi/sense.h", '#include "session/task.h"')
        self.red("target/telemetry/reader.h", '#include "config/config.h"')
        self.red("target/backend/rbd/image.cc", '#include "session/lun.h"')
        self.red("target/backend/file/file.cc", '#include "ceph/image.h"')
        self.red("exporter/http.cc", '#include "ctl/top.h"')
        self.red("exporter/http.cc", '#include "session/lun.h"')
        self.red("target/base/log.cc", '#include "event/loop.h"')

    def test_downward_includes(self):
        self.green("target/session/task.h", '#include "scsi/execution.h"')
        self.green("target/backend/rbd/image.cc", '#include "ceph/image.h"')
        self.green("target/backend/rbd/image.cc", '#include "backend/backend.h"')
        self.green("target/main.cc", '#include "control/gateway.h"')
        self.green("exporter/http.cc", '#include "exporter/http.h"')

    def test_foreign_headers(self):
        for line in ("<ev.h>", "<rbd/librbd.h>", "<spdlog/spdlog.h>", "<toml.hpp>",
                     "<nlohmann/json.hpp>", "<liburing.h>", "<microhttpd.h>",
                     "<prometheus/registry.h>", "<systemd/sd-daemon.h>", "<CLI/CLI.hpp>",
                     "<sys/socket.h>"):
            self.red("target/scsi/sense.cc", "#include " + line)
        self.red("target/base/fd.cc", "#include <spdlog/spdlog.h>")
        self.green("target/base/log.cc", "#include <spdlog/spdlog.h>")
        self.green("target/iscsi/digest.cc", "#include <isa-l/crc.h>")
        self.red("target/session/digest.cc", "#include <isa-l/crc.h>")
        self.red("exporter/http.cc", "#include <nlohmann/json.hpp>")

    def test_names_that_go_around_an_include(self):
        self.red("target/scsi/unit.cc", "namespace lungate::session { class Session; }")
        self.red("target/iscsi/login.cc", "auto now = boot_now();")
        self.green("target/iscsi/login.cc", "// the caller passes boot_now()")

    def test_byte_order_is_bases(self):
        for call in ("htons(port)", "ntohl(address)", "::ntohs(port)", "htobe64(offset)"):
            self.red("target/session/socket.cc", f"auto x = {call};")
            self.red("exporter/http.cc", f"auto x = {call};")
        self.green("target/session/socket.cc", "// what ntohs() does")
        self.green("target/session/socket.cc", "auto x = port_to_network(port);")
        self.green("target/base/bytes.h", "auto x = htons(port);")

    def test_unknown_room_and_unqualified_header(self):
        self.red("target/attic/thing.cc", "")
        self.red("target/scsi/sense.cc", '#include "sense.h"')

    def test_links(self):
        self.assertTrue(include_table.check_links("lungate_room(scsi scsi ROOMS iscsi base)"))
        self.assertTrue(include_table.check_links("lungate_room(attic attic ROOMS base)"))
        self.assertEqual(include_table.check_links(
            "lungate_room(ceph ceph ROOMS event base LIBRARIES libceph)"), [])


class Tidy(unittest.TestCase):
    def red(self, path, text):
        self.assertTrue(tidy.check_file(File(path, text)), text)

    def test_faults(self):
        good = HEAD + "#pragma once\n"
        self.assertEqual(tidy.check_file(File("target/base/a.h", good)), [])
        self.red("target/base/a.h", "#pragma once\n")
        self.red("target/base/a.h", HEAD)
        self.red("target/base/a.h", good + "using namespace std;\n")
        self.red("target/base/a.h", good + "// " + "x" * 100 + "\n")
        self.red("target/base/a.h", good + "\tint x;\n")
        self.red("target/base/a.h", good + "int x;  \n")
        self.red("target/base/a.h", good + "int x;")
        self.red("target/base/a.cc", HEAD + "// TO" "DO later\n")
        self.red("target/base/a.cc", HEAD + "assert(x);\n")
        self.red("tests/bench/run.py", "#!/usr/bin/env python3\n")
        self.red("demo", "#!/bin/sh\n# SPDX-License-Identifier: LGPL-2.1-or-later\ncd /wo" "rk/x\n")

    def test_seeds_are_left_alone(self):
        self.assertEqual(tidy.check_file(File("tests/fuzz/a/seeds/a/x", "\tno end  ")), [])

    def test_sleeps(self):
        sleep = HEAD + "std::this_thread::sleep_for(5ms);\n"
        self.red("tests/unit/base/a_test.cc", sleep)
        self.assertEqual(tidy.check_file(File("tests/bench/a.cc", sleep)), [])
        waiting = HEAD + "while (!done()) std::this_thread::sleep_for(5ms);\n"
        self.assertEqual(tidy.check_file(File("tests/unit/base/a_test.cc", waiting)), [])


class Limits(unittest.TestCase):
    def test_unused(self):
        text = "inline constexpr std::size_t kUsed = 1;\ninline constexpr int kLost{2};\n"
        self.assertEqual(len(limits_used.unused(text, ["limits::kUsed"])), 1)


class Kinds(unittest.TestCase):
    KINDS = ("enum class LunCounter : std::uint8_t {\n  kSeen,  // and not kThis\n  kLost,\n};\n"
             "enum class TaskFunction : std::uint8_t { kAbortTask };\n")

    def test_a_kind_that_nobody_counts(self):
        counting = "add(LunCounter::kSeen); telemetry::TaskFunction::kAbortTask;"
        self.assertEqual(list(kinds_counted.uncounted(self.KINDS, [counting])),
                         ["target/telemetry/kinds.h: LunCounter::kLost is counted by nobody"])
        self.assertEqual(list(kinds_counted.uncounted(
            self.KINDS, [counting + "add(LunCounter::kLost);"])), [])

    def test_what_does_not_count(self):
        for text in ("// LunCounter::kLost", "LunCounter::kLostAndFound", "kLost"):
            self.assertEqual(len(list(kinds_counted.uncounted(
                self.KINDS, ["LunCounter::kSeen iscsi::TaskFunction::kAbortTask", text]))), 2, text)


class ReadmeNames(unittest.TestCase):
    FILES = {"target/iscsi/framer.cc": "void Framer::feed() {}", "target/iscsi/framer.h": "",
             "target/base/limits.h": ""}

    def red(self, text):
        self.assertTrue(list(readme_names.check_text(text, self.FILES)), text)

    def green(self, text):
        self.assertEqual(list(readme_names.check_text(text, self.FILES)), [])

    def test_paths(self):
        self.green("see `iscsi/framer.cc` and [main](iscsi/framer.h), `iscsi`, `target/iscsi`")
        self.red("see `iscsi/gone.cc`")
        self.red("see [main](../gone.md)")

    def test_functions(self):
        self.green("`iscsi/framer.cc` `feed()` and `Framer::feed()` do it")
        self.red("`iscsi/framer.cc` `eat()` does it")
        self.red("`iscsi/framer.h` `feed()` does it")


    def test_every_folder_of_tests_has_a_row(self):
        row = "| `tests/unit/<room>` | rooms |\n"
        files = {"tests/unit/iscsi/framer_test.cc": "", "tests/CMakeLists.txt": ""}
        self.assertEqual(readme_names.check_tests(row, files), [])
        self.assertTrue(readme_names.check_tests(row, {**files, "tests/sim/world.cc": ""}))


class Shape(unittest.TestCase):
    def names(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".h") as source:
            source.write(text)
            source.flush()
            return [finding for tag in shape.tags([source.name]) for finding in
                    shape.check_name(tag)]

    def test_names(self):
        self.assertEqual(self.names("struct Good { Good(); int open_now(); };\n"
                                    "class Full { int count_ = 0; };\n"
                                    "enum class Color { kRed };\n#define LUNGATE_X 1\n"), [])
        for bad in ("struct bad_type { int a; };", "class A { int count = 0; };",
                    "enum class B { RED };", "void DoIt() {}", "#define HELPME 1"):
            self.assertTrue(self.names(bad + "\n"), bad)

    def test_lengths(self):
        self.assertTrue(shape.check_length("a.cc", "f", 71))
        self.assertEqual(shape.check_length("a.cc", "f", 70), [])
        listed = {"a.cc: f": (90, "a table")}
        self.assertEqual(shape.check_length("a.cc", "f", 90, listed), [])
        self.assertTrue(shape.check_length("a.cc", "f", 91, listed))

    def test_comment_shares(self):
        bare = File("target/iscsi/a.cc", HEAD + "int a;\n" * 8)
        self.assertTrue(list(shape.check_shares([bare])))
        told = File("target/iscsi/b.cc", HEAD + "// why\n" * 4)
        self.assertEqual(list(shape.check_shares([bare, told])), [], "a folder is one sum")
        trailing = File("target/iscsi/c.cc", HEAD + "int a;  // why\n")
        self.assertTrue(list(shape.check_shares([trailing])))
        self.assertEqual(list(shape.check_shares([File("tests/unit/a.cc", bare.text)])), [])

    def test_heads(self):
        self.assertTrue(shape.check_head(File("ctl/a.cc", HEAD + '\n#include "ctl/a.h"\n')))
        self.assertEqual(shape.check_head(File("ctl/a.cc", HEAD + "\n// What for.\nint a;\n")), [])

    def test_lengths_are_seen(self):
        with tempfile.NamedTemporaryFile("w", suffix=".cc") as source:
            source.write("int f() {\n" + "  f();\n" * 80 + "}\n")
            source.flush()
            (tag,) = shape.tags([source.name])
            self.assertEqual(tag["end"] - tag["line"] + 1, 82)


class Format(unittest.TestCase):
    def test_unformatted_file(self):
        with tempfile.TemporaryDirectory(dir=os.path.join(ROOT, "tests", "style")) as folder:
            path = os.path.join(folder, "a.cc")
            with open(path, "w", encoding="utf-8") as source:
                source.write("int   f( ){return 1 ;}\n")
            run = [os.path.join(ROOT, "tests/style/format.sh"), path]
            self.assertNotEqual(subprocess.run(run, capture_output=True, check=False).returncode, 0)


if __name__ == "__main__":
    unittest.main()
