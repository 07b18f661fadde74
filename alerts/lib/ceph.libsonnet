// SPDX-License-Identifier: LGPL-2.1-or-later
// Alerts about Ceph as the gateways see it; and, where the same Prometheus scrapes Ceph's mgr, its own state.
local r = import 'rule.libsonnet';

function(config)
  local select(metric) = '%s{job="%s"}' % [metric, config.job];
  local alert(name, severity, expr, summary, description, wait='30s') =
    r.alert(name, 'ceph', severity, expr, summary, description, r.gateway.board('ceph'), wait);
  local increase(metric, window) = r.sum(r.of_gateway, 'increase(%s[%s])' % [select(metric), window]);
  local health(severity, status, words, wait) = r.alert(
    'CephHealth',
    'ceph',
    severity,
    'max(ceph_health_status) == %d\nand on () count(%s) > 0' % [status, select('lungate_ceph_up')],
    'Ceph is %s' % words,
    |||
      ceph_health_status is {{ $value }} (1: HEALTH_WARN, 2: HEALTH_ERR), and gateways serve images from it. Alerts
      about latency may have their cause there.
    |||,
    r.fleet.board('ceph'),
    wait
  );

  [r.group('ceph', [
    alert(
      'CephUnreachable',
      'critical',
      select('lungate_ceph_up') + ' == 0',
      "Gateway %s does not reach Ceph's monitors" % r.gateway.words,
      |||
        Ceph's monitors have not answered its last call (lungate_ceph_up is {{ $value }}). Images that are open may
        serve on, as long as their OSDs do; no other is opened or locked.
      |||
    ),
    alert(
      'CephClientFenced',
      'critical',
      '%s > 0' % increase('lungate_ceph_clients_fenced_total', '5m'),
      'Gateway %s was blocklisted by Ceph' % r.gateway.words,
      |||
        {{ $value | humanize }} of its clients were fenced within 5 min. What they hold does not write until it has
        been opened anew, which the gateway does by itself.
      |||
    ),
    alert(
      'CephTimeouts',
      'warning',
      '%s > %g' % [increase('lungate_ceph_timeouts_total', '10m'), config.ceph_timeouts_max],
      'Ceph answers %s too late' % r.gateway.words,
      |||
        {{ $value | humanize }} calls were given up within 10 min because the cluster did not answer in time.
      |||
    ),
    health('info', 1, 'in HEALTH_WARN', '5m'),
    health('critical', 2, 'in HEALTH_ERR', '30s'),
  ])]
