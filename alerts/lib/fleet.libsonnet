// SPDX-License-Identifier: LGPL-2.1-or-later
// What dashboards of many LUNs read. A thousand LUNs have some 70,000 buckets: a page that adds them up
// for every step of a range, every few seconds, is a load of its own; added up once they are a few dozen.
local r = import 'rule.libsonnet';

function(config) [
  r.group('fleet', [
    r.record(
      'gateway:lungate_lun_op_duration_seconds_bucket:rate1m',
      'sum by (job, gateway, op, le) (rate(lungate_lun_op_duration_seconds_bucket{job="%s"}[1m]))' % config.job,
    ),
    r.record(
      'gateway:lungate_lun_op_errors:rate1m',
      'sum by (job, gateway, sense) (rate(lungate_lun_op_errors_total{job="%s"}[1m]))' % config.job,
    ),
    r.record(
      'lun:lungate_lun_op_duration_seconds:p99_rate5m',
      'histogram_quantile(0.99, sum by (job, gateway, target, lun, le) (rate(lungate_lun_op_duration_seconds_bucket{job="%s", op=~"read|write"}[5m])))' % config.job,
    ),
  ], '30s'),
]
