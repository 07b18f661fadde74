#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The dashboards against a JSON Schema made from Grafana's own types, and their queries through
# Prometheus' parser for editors. Development only: it needs packages of npm, which the usual tests
# must not. `check.sh --install` fetches them into build/; without them it is skipped (77).
set -euo pipefail
cd "$(dirname "$(realpath "$0")")"
root=$(realpath ../../..)
folder=$root/build/dashboard-schema
if [ "${1:-}" = --install ]; then
  mkdir -p "$folder"
  cp package.json "$folder"
  (cd "$folder" && npm install --no-audit --no-fund --ignore-scripts)
fi
if ! command -v node >/dev/null || [ ! -d "$folder/node_modules" ]; then
  echo "skipped: no node, or no packages; $0 --install"
  exit 77
fi
cp check.mjs tsconfig.json "$folder"
cd "$folder"
exec node check.mjs "$root"/grafana/dashboards/*.json
