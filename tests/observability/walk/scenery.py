# SPDX-License-Identifier: LGPL-2.1-or-later
"""A gateway on real Ceph, four hosts that work with a disk each, and what is wrong there."""

import json
import os
import subprocess
import sys

from causes import DATABASE, DISKS, MODEST, NAMES, VICTIM
from cluster import lab
from hosts import PORTAL, Host, way_in

sys.path.insert(0, f"{os.path.dirname(os.path.abspath(__file__))}/..")
import scene  # noqa: E402

PORT = 3260
# The lab may be a small machine; the defaults are for a cluster.
PROMISE = {"read_ms": 50, "write_ms": 50, "objective": 0.99}


class Scenery(lab.Closing):
    def __init__(self, cluster, cause, prometheus=False):
        self.cluster, self.cause, self.scene, self.gateway, self.hosts = (
            cluster, cause, None, None, {})
        try:
            cause.prepare(cluster)
            self.start_gateway(prometheus)
            for number, name in enumerate(NAMES):
                self.hosts[name] = Host(number, name)
                cause.connect(self.hosts[name], name)
            for number, name in enumerate(NAMES):
                self.load(name, number, *(DATABASE if number == VICTIM else MODEST))
            cause.begin(self)
        except BaseException:
            self.close()
            raise

    def start_gateway(self, prometheus):
        luns = [lab.rbd_lun(number, disk, slo=PROMISE) for number, disk in enumerate(DISKS)]
        if self.cause.SCRATCH:
            luns.append(lab.null_lun(len(luns), "1GiB"))
        more = {"ceph": {"conf": self.cluster.conf, "user": "admin"},
                "more_portals": [f"{PORTAL}:{PORT}"]}
        if prometheus:
            self.scene = scene.Scene(luns, **more)
            self.gateway = self.scene.gateway
        else:
            self.gateway = lab.Gateway(luns=luns, **more)

    def load(self, name, lun, *words):
        """Starts work on a host; returns when the gateway has its session."""
        before = len(self.sessions())
        host = self.hosts[name]
        load = host.start(f"{lab.programs()}/initiator-load", "--until-stopped", "--initiator",
                          host.name, *words, f"iscsi://{PORTAL}:{PORT}/{lab.TARGET}/{lun}")

        def logged_in():
            assert load.poll() is None, f"the load of {name} has ended"
            return len(self.sessions()) > before
        lab.wait_until(f"{name} logs in", 30, logged_in)

    def sessions(self):
        return self.ask("sessions")["sessions"]

    def ask(self, *words):
        """What `lungate --json ...` answers."""
        done = subprocess.run([f"{lab.programs()}/lungate", "--config", self.gateway.config,
                               "--json", *words], check=True, capture_output=True, timeout=60)
        return json.loads(done.stdout)

    def commands(self):
        """A file that gives a shell the README's commands, for this gateway; and its name."""
        inside, conf = way_in(), self.cluster.conf
        text = (f'lungate() {{ {os.path.realpath(lab.programs())}/lungate '
                f'--config {self.gateway.config} "$@"; }}\n'
                f'ceph() {{ {inside} ceph --conf {conf} "$@"; }}\n'
                f'rbd() {{ {inside} rbd --conf {conf} "$@"; }}\n'
                f'ss() {{ {inside} ss "$@"; }}\n')
        path = f"{self.gateway.folder}/commands.sh"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def close(self):
        for host in self.hosts.values():
            host.close()
        if self.scene or self.gateway:
            (self.scene or self.gateway).close()
        self.cause.end(self)
