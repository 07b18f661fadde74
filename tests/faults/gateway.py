# SPDX-License-Identifier: LGPL-2.1-or-later
"""A gateway of one's own: lungate-target (and, when asked for, lungate-exporter) on free ports with
everything it writes in one folder. LUNGATE_BIN names the folder of the programs.

    with Gateway(luns=[file_lun(0, "64MiB")]) as gateway:
        peer = Peer(gateway.portal).login(TARGET)
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

TARGET = "iqn.2026-11.io.lungate:store"
START_SECONDS = 60  # sanitizers and a busy machine
STOP_SECONDS = 40


def programs():
    return os.environ.get("LUNGATE_BIN", "build/release/bin")


def file_lun(number, size, name=None, **more):
    """A LUN on a sparse file in the gateway's folder."""
    return {"id": number, "file": "{folder}/" + (name or f"lun{number}.img"), "size": size, **more}


def rbd_lun(number, image, **more):
    return {"id": number, "image": image, **more}


def null_lun(number, size):
    return {"id": number, "null": True, "size": size}


def toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return json.dumps(value)


def table(name, values):
    return f"[{name}]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in values.items())


def wait_until(what, seconds, condition):
    """Polls; says what did not happen."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)
    return value


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


class Server:
    """A process whose output goes to a file; it is ended by its pid, and its death is noticed."""

    def __init__(self, command, log, env=None):
        with open(log, "ab") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=output, env={**os.environ, **(env or {})})
        self.log, self.name = log, os.path.basename(command[0])

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None and self.memory_bytes() > 0

    def log_text(self):
        with open(self.log, "rb") as text:
            return text.read()

    def log_end(self):
        return self.log_text().decode("latin-1")[-3000:]

    def wait_ready(self, what, condition):
        def ready_or_dead():
            if not self.alive():
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n"
                                     f"{self.log_end()}")
            return condition()
        return wait_until(f"{self.name}: {what}", START_SECONDS, ready_or_dead)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """SIGTERM; returns the exit status."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {STOP_SECONDS} s") from None

    def memory_bytes(self):
        """Resident; 0 when only the shell of a dying process is left."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            found = re.search(r"VmRSS:\s+(\d+)", status.read())
        return int(found.group(1)) * 1024 if found else 0

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class Closing:
    """What is closed at the end of a `with` block."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Gateway(Closing):
    def __init__(self, *, luns, iscsi=None, gateway=None, loops=2, more="", ceph=None, env=None,
                 under=(), more_portals=()):
        """`under`: words of a command that becomes the gateway by exec, as `unshare` does."""
        self.more_portals = list(more_portals)
        self.folder = tempfile.mkdtemp(prefix="lg-", dir="/tmp")
        self.luns = [{key: value.format(folder=self.folder) if isinstance(value, str) else value
                      for key, value in lun.items()} for lun in luns]
        self.iscsi, self.more, self.env, self.ceph = iscsi or {}, more, env, ceph
        self.under = [word.format(folder=self.folder) for word in under]
        self.settings = {"name": "gw", "loops": loops, **(gateway or {}),
                         "control_socket": f"{self.folder}/gw.sock"}
        self.segment = f"{self.folder}/segment"
        self.config = f"{self.folder}/gw.toml"
        self.port, self.server, self._exporter, self.metrics_port = 0, None, None, 0
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    # --- life ---

    def own_tables(self):
        """What is a gateway's own, where several share the rest."""
        parts = [table("gateway", self.settings),
                 table("telemetry", {"segment": self.segment}),
                 table("exporter", {"listen": f"127.0.0.1:{self.metrics_port}"})]
        if self.ceph:
            parts.append(table("ceph", self.ceph))
        return "\n".join(parts) + "\n"

    def shared_tables(self):
        parts = [table("iscsi", self.iscsi)] if self.iscsi else []
        portals = [f"127.0.0.1:{self.written_port}", *self.more_portals]
        group = {"tag": 1, "gateway": self.settings["name"], "portals": portals}
        parts += [table("[portal_group]", group), table("[target]", {"iqn": TARGET})]
        parts += [table("[target.lun]", lun) for lun in self.luns]
        return "\n".join(parts) + self.more

    def write_config(self, port=None):
        self.written_port = self.port if port is None else port
        self.metrics_port = self.metrics_port or free_port()
        with open(self.config, "w", encoding="utf-8") as text:
            os.chmod(self.config, 0o600)  # there may be secrets in it
            text.write(self.own_tables() + self.shared_tables())

    def start(self):
        """Also after kill(): then on the port that it had."""
        self.write_config()
        self.server = Server([*self.under, f"{programs()}/lungate-target", self.config],
                             f"{self.folder}/target.log", self.env)
        status = self.server.wait_ready("serves, and its LUNs are ready", self.ready_status)
        self.port = int(status["portals"][0]["address"].rsplit(":", 1)[1])

    def ready_status(self):
        status = self.control("status")
        if status is None or status["state"] != "serving":
            return None
        states = [lun["state"] for target in status["targets"] for lun in target["luns"]]
        return status if all(state == "ready" for state in states) else None

    def kill(self):
        self.server.kill()

    def stop(self):
        return self.server.stop()

    def reload(self):
        """Writes the configuration as it is now, and has it taken over."""
        self.write_config(self.written_port)
        reply = self.control("reload")
        assert reply is not None and reply["reply"] == "reloaded", reply

    def close(self):
        for server in (self._exporter, self.server):
            if server is not None and server.alive():
                server.stop()
        if "LUNGATE_KEEP" not in os.environ:
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- what it says of itself ---

    @property
    def portal(self):
        return ("127.0.0.1", self.port)

    def url(self, lun=0):
        return f"iscsi://127.0.0.1:{self.port}/{TARGET}/{lun}"

    def control(self, request, **more):
        """One exchange on the control socket; None while nobody listens there."""
        try:
            with socket.socket(socket.AF_UNIX) as unix:
                unix.settimeout(10)
                unix.connect(self.settings["control_socket"])
                unix.sendall(json.dumps({"version": 1, "request": request, **more}).encode() +
                             b"\n")
                with unix.makefile("rb") as lines:
                    return json.loads(lines.readline() or "null")
        except (FileNotFoundError, ConnectionRefusedError, ConnectionResetError, TimeoutError):
            return None

    def exporter(self):
        if self._exporter is None:
            self._exporter = Server([f"{programs()}/lungate-exporter", "--config", self.config],
                                    f"{self.folder}/exporter.log", self.env)
            self._exporter.wait_ready("answers", lambda: scrape(self.metrics_port))
        return self._exporter

    def metrics(self):
        """[(name, labels, value)] of a scrape."""
        self.exporter()
        return samples(scrape(self.metrics_port) or "")

    def metric(self, name, **labels):
        """The sum over every series of that name with those labels."""
        return sum(value for found, given, value in self.metrics()
                   if found == name and labels.items() <= given.items())


def scrape(port):
    """The text of /metrics, or None."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            return answer.read().decode()
    except OSError:
        return None


SAMPLE = re.compile(r"^([a-zA-Z_:]\w*)(?:\{(.*)\})? (\S+)$", re.M)
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def samples(text):
    return [(name, dict(LABEL.findall(labels)), float(value))
            for name, labels, value in SAMPLE.findall(text)]
