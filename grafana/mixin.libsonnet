// SPDX-License-Identifier: LGPL-2.1-or-later
// What a mixin user imports. A site changes `_config` and renders for itself:
//   jsonnet -m dashboards -e '((import "mixin.libsonnet") + { _config+:: { refresh: "1m" } }).grafanaDashboards'
// A new dashboard is a file in lib/ and a line here.
{
  _config:: {
    // Label of the scrape job, as in packaging/prometheus/prometheus.yml.
    job: 'lungate',
    refresh: '30s',
    from: 'now-1h',
    // The first one is what the dashboards find each other by.
    tags: ['lungate', 'iscsi', 'storage'],
    // What is above these is worth a look; the alerts have the same figures.
    stuck_warning_s: 10,
    stuck_critical_s: 30,
    heartbeat_warning_s: 5,
    heartbeat_critical_s: 15,
    lag_warning_s: 0.01,
    lag_critical_s: 0.1,
    busy_warning: 0.9,
    window_full_warning: 0.2,
    failed_critical: 0.0072,  // 14.4 times the 0.05 % that may fail
    scrape_warning_s: 7.5,  // half of the interval
    // What happens more seldom is no basis for a share.
    burn_ops_per_s_min: 0.1,
    burn_warning: 6,
    burn_critical: 14.4,
    full_warning: 0.85,
    full_critical: 0.95,
    certificate_warning_s: 30 * 86400,
    certificate_critical_s: 7 * 86400,
    // Rows of a table and lines of a panel that would have one per LUN, loop, portal or initiator.
    top: 10,
  },

  grafanaDashboards:: {
    'lungate-overview.json': (import 'lib/overview.libsonnet')($._config),
    'lungate-gateway.json': (import 'lib/gateway.libsonnet')($._config),
    'lungate-lun.json': (import 'lib/lun.libsonnet')($._config),
    'lungate-initiators.json': (import 'lib/initiators.libsonnet')($._config),
    'lungate-ceph.json': (import 'lib/ceph.libsonnet')($._config),
    'lungate-exporter.json': (import 'lib/exporter.libsonnet')($._config),
  },
}
