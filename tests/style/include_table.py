#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The house's walls: which room may include which, and which foreign library it may name.

The table below is the one of the design. Every #include under target/, exporter/ and ctl/ is held
against it, and so are the rooms that target/CMakeLists.txt links. A room that is in neither is an
error: a new room begins with a row here.
"""

import re
from dataclasses import dataclass

import tree


@dataclass(frozen=True)
class Room:
    """`may`: rooms whose headers it includes. `foreign`: headers of libraries, as prefixes; with
    "file: prefix" only in that file. `posix`: families of system headers (see POSIX). `never`:
    words that must not appear in its code at all."""

    may: tuple = ()
    foreign: tuple = ()
    posix: tuple = ("plain",)
    never: tuple = ()


# What a room needs of the system. The C++ standard library is free for all.
POSIX = {
    "plain": ("unistd.h", "fcntl.h", "sys/types.h", "time.h", "endian.h", "sys/random.h"),
    "process": ("signal.h", "sys/wait.h", "sys/resource.h", "sys/prctl.h", "syslog.h", "pwd.h",
                "grp.h", "sys/signalfd.h", "termios.h", "sys/syscall.h"),
    "socket": ("sys/socket.h", "sys/un.h", "netinet/", "arpa/inet.h", "netdb.h", "poll.h",
               "sys/uio.h", "sys/epoll.h", "sys/ioctl.h", "net/if.h", "linux/sockios.h",
               "linux/tcp.h"),
    "file": ("sys/stat.h", "sys/mman.h", "sys/file.h", "sys/statvfs.h", "sys/uio.h", "dirent.h",
             "sys/sysmacros.h", "linux/falloc.h", "linux/fs.h", "sys/ioctl.h"),
    "thread": ("pthread.h", "sched.h"),
    "wake": ("sys/eventfd.h", "sys/timerfd.h", "poll.h", "pthread.h"),
}
# Byte order is a type of base/bytes.h, and ports have their two functions there.
BYTE_ORDER = r"(?:ntoh|hton)\w+|[bl]e(?:16|32|64)toh|hto[bl]e(?:16|32|64)"
PURE = ("boot_now", "wall_now_ns", "clock_gettime", "steady_clock", "system_clock")
ALL = tuple(POSIX)

BACKENDS = ("backend_rbd", "backend_file", "backend_null")
BELOW_CONTROL = ("session", *BACKENDS, "ceph", "iscsi", "scsi", "backend", "event", "telemetry",
                 "config", "api", "base")

TABLE = {
    "base": Room(foreign=("tl/expected.hpp", "log.cc: spdlog/", "log.cc: fmt/"), posix=ALL),
    "event": Room(("base",), ("ev.h",), posix=ALL),
    "telemetry": Room(("base",), posix=("plain", "file")),
    "config": Room(("base",), ("toml.hpp", "toml/"), posix=("plain", "file", "socket")),
    "api": Room(("base",), ("nlohmann/",)),
    "iscsi": Room(("base",), ("openssl/", "isa-l/", "isa-l.h"), never=PURE),
    "backend": Room(("base",), never=PURE),
    "scsi": Room(("backend", "base"), ("kept_state.cc: nlohmann/",), never=PURE),
    "ceph": Room(("event", "base"), ("rados/", "rbd/", "pool_fullness.cc: nlohmann/"),
                 posix=("plain", "process", "thread", "wake")),
    "backend_null": Room(("backend", "event", "base")),
    "backend_file": Room(("backend", "event", "base"), ("liburing.h",), posix=ALL),
    "backend_rbd": Room(("backend", "ceph", "event", "base"),
                        never=("rados_ioctx_create", "rados_create")),
    "session": Room(("iscsi", "scsi", "backend", "event", "telemetry", "config", "base"),
                    posix=("plain", "socket", "thread")),
    "control": Room(BELOW_CONTROL, ("systemd/",), posix=ALL),
    "main": Room(("control", *BELOW_CONTROL), ("CLI/",), posix=ALL),
    "exporter": Room(("telemetry", "config", "api", "base"),
                     ("microhttpd.h", "prometheus/", "CLI/", "gnutls/", "bcrypt.cc: crypt.h",
                      "gzip.cc: zlib.h", "web_config.cc: yaml-cpp/"), posix=ALL),
    "ctl": Room(("telemetry", "config", "api", "base"), ("CLI/", "nlohmann/"), posix=ALL),
}

# A header without ".h" and without a folder is the C++ standard library's.
STANDARD = re.compile(r"^[a-z_0-9]+$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
NAMESPACE = re.compile(r"\bnamespace\s+lungate::([a-z_]+)")
LINKED = re.compile(
    r"lungate_room\(\s*(\w+)\s+\S+(?:\s+ROOMS\s+(.*?))?(?:\s+LIBRARIES.*?)?\)", re.S)


def room_of(path):
    """The room of a source file, by its path from the root; None when it is in no known place."""
    parts = path.split("/")
    if parts[0] in ("exporter", "ctl"):
        return parts[0]
    if parts[0] != "target":
        return None
    return "main" if path == "target/main.cc" else room_of_include("/".join(parts[1:]))


def room_of_include(name):
    """The room that a quoted include names, e.g. "backend/rbd/image.h"."""
    parts = name.split("/")
    if parts[0] == "backend" and len(parts) > 2:
        return f"backend_{parts[1]}"
    return parts[0] if len(parts) > 1 else None


def check_foreign(file, room, name):
    row = TABLE[room]
    if STANDARD.match(name):
        return None
    if any(name.startswith(prefix) for family in row.posix for prefix in POSIX[family]):
        return None
    leaf = file.path.rsplit("/", 1)[1]
    for rule in row.foreign:
        only, _, prefix = rule.rpartition(": ")
        if name.startswith(prefix) and only in ("", leaf):
            return None
    return f"{file.path}: room {room} must not name <{name}>"


def check_file(file):
    room = room_of(file.path)
    if room not in TABLE:
        return [f"{file.path}: no room of the table (room '{room}')"]
    found = []
    for bracket, name in INCLUDE.findall(file.text):
        if bracket == "<":
            found.append(check_foreign(file, room, name))
            continue
        other = room_of_include(name)
        if other not in TABLE:
            found.append(f'{file.path}: "{name}" names no room (write "room/header.h")')
        elif other != room and other not in TABLE[room].may:
            found.append(f'{file.path}: room {room} must not include "{name}"')
    code = re.sub(r"//[^\n]*", "", file.text)
    for other in NAMESPACE.findall(code):
        if other in TABLE and other != room.split("_")[0]:
            found.append(f"{file.path}: room {room} opens namespace lungate::{other}")
    if room != "base":
        found += [f"{file.path}: {word} (byte order is base/bytes.h's)"
                  for word in re.findall(rf"\b(?:{BYTE_ORDER})\b", code)]
    found += [f"{file.path}: room {room} must not name {word}"
              for word in TABLE[room].never if re.search(rf"\b{word}\b", code)]
    return [finding for finding in found if finding]


def check_links(text):
    """The rooms that CMake links must be those of the table."""
    found = []
    for room, linked in LINKED.findall(re.sub(r"#[^\n]*", "", text)):
        if room not in TABLE:
            found.append(f"target/CMakeLists.txt: room {room} has no row in the table")
            continue
        extra = set(linked.split()) - set(TABLE[room].may)
        found += [f"target/CMakeLists.txt: room {room} must not link {o}" for o in sorted(extra)]
    return found


def check_tree(files, links):
    found = check_links(links)
    for file in files:
        found += check_file(file)
    return found


if __name__ == "__main__":
    with open(f"{tree.ROOT}/target/CMakeLists.txt", encoding="utf-8") as cmake:
        tree.report("include_table",
                    check_tree(tree.load_code(("target", "exporter", "ctl")), cmake.read()))
