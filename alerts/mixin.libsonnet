// SPDX-License-Identifier: LGPL-2.1-or-later
// What a mixin user imports: recording rules and alerts. A site changes `_config` and renders for itself:
//   jsonnet -S -e '((import "mixin.libsonnet") + { _config+:: { stuck_io+: { warning_s: 5 } } }).rules_yml'
// Every threshold stands here and nowhere else. A new alert is a rule in a file of lib/ and a section
// in runbooks.md; tests/observability/alerts_test.py says what else is missing.
{
  _config:: {
    // Label of the scrape job, and its interval in seconds, as in packaging/prometheus/prometheus.yml.
    job: 'lungate',
    scrape_interval_s: 15,

    // Latency: threshold and objective of each LUN are in the gateway's own file and come as metrics.
    // A burn rate of 1 spends exactly a month's budget in a month (SRE workbook, chapter 5).
    burn: {
      fast: 14.4,
      slow: 6,
      long_warning: 3,
      long_info: 1,
      // With an objective of 0.9 no burn rate can exceed 10: above this share of slow I/O both fire
      // whatever the objective is.
      share_max: 0.9,
      ops_per_s_min: 1,  // what happens more seldom is no basis for a share
    },
    // Availability: share of the commands that may fail, be aborted or take longer than 30 s (an edge
    // of the exporter's buckets, spelled as the page spells it). An objective of 99.95 %.
    availability: { budget: 0.0005, too_late: '30' },
    share: { backend: 0.8, network: 0.5, initiator: 0.8 },

    stuck_io: { warning_s: 10, critical_s: 30 },
    lun_losses_max: 1,
    place: { warning: 0.85, critical: 0.95, full: 0.99 },
    queue_full_share: 0.01,
    task_aborts_max: 5,
    reservation_conflicts_per_s: 10,
    miscompares: { share: 0.2, ops_per_s_min: 1 },

    heartbeat: { warning_s: 5, critical_s: 15 },
    loop_lag: { warning_s: 0.01, critical_s: 0.1 },
    loop_busy: 0.9,
    restarts_max: 2,

    // Of few sessions a multiple of them, of many a number: a switch that drops each once is news, too.
    churn: { per_session: 3, closes_min: 5, closes: 30 },
    // Sessions now, of those that were there within an hour: its 90th percentile, which what comes and
    // goes within six minutes does not move.
    hosts_gone: { share: 0.9, usual: 0.9 },
    login_failures_per_s: 0.1,
    attack: { failures_per_s: 1, sources: 5 },
    digest_errors_critical: 10,
    protocol_errors_max: 10,
    window_full_share: 0.2,

    ceph_timeouts_max: 3,

    scrape_share: 0.5,  // of the interval
    certificate: { warning_days: 30, critical_days: 7 },
    exporter_auth_failures_per_s: 0.05,  // one Prometheus with an old password makes 0.067
  },

  local themes = ['fleet', 'slo', 'lun', 'gateway', 'iscsi', 'ceph', 'exporter'],
  local theme = {
    fleet: import 'lib/fleet.libsonnet',
    slo: import 'lib/slo.libsonnet',
    lun: import 'lib/lun.libsonnet',
    gateway: import 'lib/gateway.libsonnet',
    iscsi: import 'lib/iscsi.libsonnet',
    ceph: import 'lib/ceph.libsonnet',
    exporter: import 'lib/exporter.libsonnet',
  },
  local groups = std.flattenArrays([theme[name]($._config) for name in themes]),

  // As other mixins have them.
  prometheusRules:: { groups: [group for group in groups if std.objectHas(group.rules[0], 'record')] },
  prometheusAlerts:: { groups: [group for group in groups if std.objectHas(group.rules[0], 'alert')] },

  // As committed: the contents, and the text.
  rules:: { groups: groups },
  rules_yml:: |||
    # SPDX-License-Identifier: LGPL-2.1-or-later
    # Made from mixin.libsonnet and lib/; do not edit:
    #   jsonnet -S -e '(import "alerts/mixin.libsonnet").rules_yml' >alerts/lungate.rules.yml
  ||| + std.manifestYamlDoc($.rules, indent_array_in_object=true, quote_keys=false) + '\n',
}
