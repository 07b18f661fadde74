#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Prometheus' own opinion of the rules, their unit tests and the scrape configuration; and, where it
# is installed, Alertmanager's of the example.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
promtool check rules alerts/*.rules.yml
promtool test rules alerts/tests/*.test.yml
# The configuration names the rules as installed; here they are in the sources.
sed "s|/usr/share/lungate/alerts|$PWD/alerts|" packaging/prometheus/prometheus.yml \
  >"$folder/prometheus.yml"
promtool check config "$folder/prometheus.yml" | tee "$folder/said"
grep -q "1 rule files found" "$folder/said"
if command -v amtool >/dev/null; then amtool check-config alerts/alertmanager.example.yml; fi
