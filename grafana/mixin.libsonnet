// SPDX-License-Identifier: LGPL-2.1-or-later
// What a mixin user imports. A site changes `_config` and renders for itself:
//   jsonnet -m dashboards -e '((import "mixin.libsonnet") + { _config+:: { refresh: "1m" } }).grafanaDashboards'
// A new dashboard is a file in lib/ and a line here.
{
  _config:: {
    // Label of the scrape job, as in packaging/prometheus/prometheus.yml.
    job: 'lungate',
    refresh: '10s',
    from: 'now-1h',
    tags: ['lungate', 'iscsi', 'storage'],
    // A LUN that is above these is worth a look; the alerts have the same figures.
    stuck_warning_s: 10,
    stuck_critical_s: 30,
    slow_read_s: 0.01,
    slow_write_s: 0.02,
    // Rows of a table and lines of a panel that would have one per LUN.
    top: 10,
  },

  grafanaDashboards:: {
    'lungate-overview.json': (import 'lib/overview.libsonnet')($._config),
  },
}
