# SPDX-License-Identifier: LGPL-2.1-or-later
"""Faults of what measures: exporters that are gone, slow, read nonsense, have strange readers."""

import base64
import fcntl
import os
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest
import urllib.error
import urllib.request

from stage import Faults, lab, raises

F_OFD_SETLK = 37  # fcntl(2)
MAJOR_AT, LUN_SLOTS_AT = 8, 176  # in the segment's header: target/telemetry/layout.h
SCRAPED_SECONDS = 3  # with an interval of 1 s
PASSWORD = "a-password"
HASHED = "$2b$04$a6P1nXiVoUQk.hvp2MnQ7eb8StzM0GwOy1K8AuSJbBXuiZoXzZLr6"  # by bcrypt


class Eyes(Faults):
    """Every test gets an exporter of its own beside the first, in the job that is scraped."""

    def set_targets(self, *ports, more=""):
        """What the job scrapes, from now on."""
        path = f"{self.scene.folder}/prometheus.yml"
        with open(path, encoding="utf-8") as text:
            kept = text.read().split("    static_configs:", 1)[0].split("    scheme:", 1)[0]
        addresses = ", ".join(f'"127.0.0.1:{port}"' for port in ports)
        with open(path, "w", encoding="utf-8") as text:
            text.write(f"{kept}{more}    static_configs:\n      - targets: [{addresses}]\n")
        self.scene.prometheus.process.send_signal(signal.SIGHUP)

    def as_before(self):
        self.set_targets(self.gateway.metrics_port)
        self.resolves()

    def exporter(self, *words):
        """Another one; its process and port."""
        port = lab.free_port()
        server = lab.Server([f"{lab.programs()}/lungate-exporter", "--listen",
                             f"127.0.0.1:{port}", *words], f"{self.scene.folder}/other.log")
        self.addCleanup(server.stop)
        server.wait_ready("listens", lambda: self.answers(port))
        return server, port

    @staticmethod
    def answers(port):
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", port)) == 0

    @raises("ExporterDown:warning", "GatewayUnreachable:critical")
    def test_gone(self):
        """To Prometheus a dead exporter is a dead host."""
        self.peer()
        time.sleep(SCRAPED_SECONDS)
        self.gateway.exporter().stop()
        self.fires()
        self.gateway._exporter = None  # pylint: disable=protected-access
        self.gateway.exporter()
        self.resolves()

    @raises("JobMissing:warning", "GatewayMissing:warning")
    def test_not_scraped(self):
        self.set_targets()
        self.fires()
        self.as_before()

    @raises("SeriesDropped:warning")
    def test_two_of_a_name(self):
        twin = lab.Gateway(luns=[lab.file_lun(0, "1MiB")])
        self.addCleanup(twin.close)
        _, port = self.exporter("--segment", self.gateway.segment, "--segment", twin.segment)
        self.set_targets(port)
        self.fires()
        self.as_before()

    def forged(self, change):
        """A copy of the segment that a living writer seems to hold, with something changed."""
        with open(self.gateway.segment, "rb") as segment:
            raw = bytearray(segment.read())
        change(raw)
        path = f"{self.scene.folder}/forged"
        file = open(path, "wb")  # pylint: disable=consider-using-with
        self.addCleanup(file.close)
        file.write(raw)
        file.flush()
        fcntl.fcntl(file, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
        _, port = self.exporter("--segment", path)
        self.set_targets(port)

    @raises("LayoutMismatch:warning")
    def test_other_release(self):
        def older(raw):
            raw[MAJOR_AT] -= 1
        self.forged(older)
        self.fires()
        self.as_before()

    @raises("SegmentDamaged:warning")
    def test_half_written(self):
        """A writer that died while it changed a slot."""
        def odd(raw):
            offset = struct.unpack_from("<Q", raw, LUN_SLOTS_AT)[0]
            raw[offset] |= 1
        self.forged(odd)
        self.fires()
        self.as_before()

    def far_away(self, seconds):
        """The port of a proxy to the exporter that lets every request wait."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)

        def serve():
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                with client:
                    client.settimeout(5)
                    try:
                        client.recv(65536)
                        time.sleep(seconds)
                        page = lab.scrape(self.gateway.metrics_port).encode()
                        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"
                                       b"\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
                                       % (len(page), page))
                    except (OSError, AttributeError):
                        continue
        threading.Thread(target=serve, daemon=True).start()
        return listening.getsockname()[1]

    @raises("ScrapeSlow:warning")
    def test_far_away(self):
        self.set_targets(self.far_away(0.7))
        self.fires()
        self.as_before()

    # --- access ---

    def certificate(self, days):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(days), "-subj",
                        "/CN=127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
                       cwd=self.scene.folder, check=True, capture_output=True)

    def with_web_config(self, text):
        path = f"{self.scene.folder}/web.yml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return self.exporter("--segment", self.gateway.segment, "--web-config", path)

    @raises("CertificateExpiry:warning", "CertificateExpiry:critical")
    def test_certificate_ends(self):
        for days in (5, 400):
            self.certificate(days)
            server, port = self.with_web_config(
                "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n")
            self.set_targets(port, more="    scheme: https\n"
                                        "    tls_config: {insecure_skip_verify: true}\n")
            if days == 5:
                self.fires()
                server.stop()
        self.resolves()
        self.as_before()

    @raises("ExporterAuthFailures:warning")
    def test_strangers(self):
        _, port = self.with_web_config(f"basic_auth_users:\n  prometheus: {HASHED}\n")
        self.set_targets(port, more="    scheme: http\n    basic_auth:\n"
                                    "      username: prometheus\n"
                                    f"      password: {PASSWORD}\n")

        def stranger():
            word = base64.b64encode(b"prometheus:guess").decode()
            asked = urllib.request.Request(f"http://127.0.0.1:{port}/metrics",
                                           headers={"Authorization": "Basic " + word})
            try:
                with urllib.request.urlopen(asked, timeout=5) as answer:
                    answer.read()
                raise AssertionError("a wrong password was taken")
            except urllib.error.HTTPError:
                pass
        with self.again_and_again(stranger, 0.3):
            self.fires()
        self.as_before()


if __name__ == "__main__":
    unittest.main(verbosity=2)
