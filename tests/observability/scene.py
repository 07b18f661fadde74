# SPDX-License-Identifier: LGPL-2.1-or-later
"""A gateway on file LUNs, its exporter, Debian's Prometheus at one scrape a second with the scrape
configuration and the rules that we ship, and a real initiator (libiscsi)."""

import json
import math
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

import catalogue as lib

sys.path.insert(0, f"{lib.ROOT}/tests/faults")
import gateway as lab  # noqa: E402


class Scene(lab.Closing):
    def __init__(self, luns, **more):
        self.gateway = lab.Gateway(luns=luns, **more)
        self.folder, self.prometheus = self.gateway.folder, None
        try:
            self.gateway.exporter()
            self.start_prometheus()
        except BaseException:
            self.close()
            raise

    def close(self):
        if self.prometheus is not None and self.prometheus.alive():
            self.prometheus.stop()
        self.gateway.close()

    def start_prometheus(self):
        self.write("rules.yml", lib.RULES, {'interval: "30s"': 'interval: "1s"',
                                            'interval: "2m"': 'interval: "1s"'})
        config = self.write("prometheus.yml", f"{lib.ROOT}/packaging/prometheus/prometheus.yml", {
            "127.0.0.1:9287": f"127.0.0.1:{self.gateway.metrics_port}",
            "15s": "1s",
            "/usr/share/lungate/alerts/*.rules.yml": f"{self.folder}/rules.yml"})
        self.port = lab.free_port()
        self.prometheus = lab.Server(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.folder}/tsdb",
             f"--web.listen-address=127.0.0.1:{self.port}"], f"{self.folder}/prometheus.log")
        self.prometheus.wait_ready("has scraped", lambda: self.value('up{job="lungate"}') == 1)

    def write(self, name, source, changes):
        with open(source, encoding="utf-8") as text:
            content = text.read()
        for old, new in changes.items():
            assert old in content, f"{source} has no {old}"
            content = content.replace(old, new)
        path = f"{self.folder}/{name}"
        with open(path, "w", encoding="utf-8") as text:
            text.write(content)
        return path

    def ask(self, path, **parameters):
        """The data of an answer; None while nobody answers; an error in PromQL raises."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:  # still starting
                return None
            raise AssertionError(f"{parameters}: {error.read().decode()}") from None
        except OSError:
            return None

    def query(self, expr):
        """[(labels, value)] now."""
        data = self.ask("query", query=expr)
        return [(one["metric"], float(one["value"][1])) for one in data["result"]] if data else []

    def value(self, expr):
        """Of an expression with one result; NaN without."""
        found = self.query(expr)
        return found[0][1] if len(found) == 1 else math.nan

    def wait_scrapes(self, count):
        """So many more scrapes than now."""
        scrapes = 'max(lungate_exporter_scrapes_total{job="lungate"})'
        begin = self.value(scrapes)
        lab.wait_until(f"{count} scrapes", 60, lambda: self.value(scrapes) >= begin + count)

    def load(self, *arguments, lun=0):
        """Starts an initiator."""
        command = [f"{lab.programs()}/initiator-load", self.gateway.url(lun), *arguments]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, text=True)

    def top(self, seconds):
        """Starts `lungate top`, which compares two readings so many seconds apart."""
        command = [f"{lab.programs()}/lungate", "--config", self.gateway.config, "--json",
                   "top", "--once", "--interval", str(seconds)]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, text=True)


def result(process, seconds=120):
    """What a program of ours printed as JSON."""
    try:
        text, _ = process.communicate(timeout=seconds)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert process.returncode == 0, f"{process.args[0]} ended with {process.returncode}: {text}"
    return json.loads(text)


def require(*programs):
    """Ends with 77 (skipped) when something that Debian ships is not installed."""
    for program in programs:
        if subprocess.run(["which", program], capture_output=True, check=False).returncode != 0:
            print(f"skipped: {program} is not installed")
            sys.exit(77)
