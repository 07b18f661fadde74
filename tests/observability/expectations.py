# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the queries that we ship answer on a healthy gateway: file LUNs, one initiator, no TLS."""

import re

import catalogue as lib

# Empty while nothing is wrong. Their parts are asked for alone: those do answer.
EMPTY = {"LUNs offline, and why", "Alerts", "Segments and why they are not up", "Rejects by reason",
         "Restarts of a target", "Configuration changes"} | {
    rule["alert"] for rule in lib.rules() if "alert" in rule}
# Series that exist only while something is wrong, or has been.
ABSENT = {"lungate_lun_offline_info", "lungate_rejects_total", "ALERTS", "ALERTS_FOR_STATE"}
# Series that exist only with Ceph, TLS, ceph-mgr, or where the file system says how full it is.
ELSEWHERE = re.compile(r"lungate_ceph_\w+|ceph_\w+|lungate_lun_place_used_ratio|"
                       r"lungate_exporter_tls_certificate_expiry_timestamp_seconds|"
                       r"place:lungate_lun_place_used:ratio")
HIGHEST = {"s": 60, "percentunit": 1.5, "iops": 1e6, "ops": 1e6, "Bps": 1e11, "bytes": 1 << 30,
           "short": 1e5, "none": 1e4, "ms": 6e4, "dateTimeFromNow": 4e12}
LOWEST = {"dateTimeFromNow": 1.7e12}  # milliseconds; seconds would be of 1970
# Where a unit alone says too little: budgets that are overspent, the age of a process.
BOUNDS = {"Budget left, of this time range": (-1000, 1),
          "Latency budget left, of this time range": (-1000, 1e5), "Up for": (0, 1e5),
          "Certificate expires in": (0, 1e9)}
# A time range of Grafana, and all of everything.
VARIABLES = {"$__rate_interval": "10s", "$__range": "30s", "$initiator": ".*", "$job": ".+",
             "$gateway": ".+", "$target": ".+", "$lun": ".+"}


def in_prometheus(expr):
    """As Grafana would send it; a rate over four scrapes at least."""
    for name, value in VARIABLES.items():
        expr = expr.replace(name, value)
    return expr


def may_be_empty(expr):
    return any(ELSEWHERE.fullmatch(name) for name, _ in lib.selectors(expr))


def bounds(title, unit):
    return BOUNDS.get(title, (LOWEST.get(unit, 0), HIGHEST[unit]))


def unit_of_rule(name):
    """Of a recorded series, by its name."""
    if ":rate" in name and not name.rsplit(":", 1)[1].startswith("ratio"):
        return "iops"
    return "s" if "seconds" in name else "none"
