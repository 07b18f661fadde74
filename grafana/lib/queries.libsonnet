// SPDX-License-Identifier: LGPL-2.1-or-later
// PromQL in the words of the dashboards. Selectors are made here and nowhere else.
{
  local interval = '[$__rate_interval]',
  local whole = '[$__range] @ end()',
  local of_gateway = ['job=~"$job"', 'gateway=~"$gateway"'],
  local of_lun = of_gateway + ['target=~"$target"', 'lun=~"$lun"'],
  local of_alert = ['alertname=~"Lungate.*"', 'gateway=~"$gateway|"'],
  local select(metric, matchers) = '%s{%s}' % [metric, std.join(', ', matchers)],
  local aggregate(op, expr, by) =
    if by == [] then '%s(%s)' % [op, expr] else '%s by (%s) (%s)' % [op, std.join(', ', by), expr],
  local q = self,

  per_lun:: ['gateway', 'target', 'lun'],

  lun(metric, more=[]):: select(metric, of_lun + more),
  gateway(metric, more=[]):: select(metric, of_gateway + more),
  initiator(metric, more=[]):: select(metric, of_lun + ['initiator=~"$initiator"'] + more),
  // The exporter's own metrics have no gateway.
  exporter(metric, more=[]):: select(metric, ['job=~"$job"'] + more),
  // What others export: another job, no gateway.
  foreign(metric, more=[]):: if more == [] then metric else select(metric, more),
  // An alert need not be of a gateway; one that is must be of a chosen one.
  alerts():: select('ALERTS', of_alert + ['alertstate="firing"']),
  // When what fires began, in milliseconds.
  alerts_since(by)::
    q.among(q.max(q.with_what(select('ALERTS_FOR_STATE', of_alert)), by) + ' * 1000', by, q.max(q.with_what(q.alerts()), by)),
  // What else an alert names, whichever of these it has, as one column.
  with_what(expr)::
    'label_join(%s, "what", " ", "instance", "op", "loop", "portal", "pool", "initiator", "kind", "reason")' % expr,

  rate(selector):: 'rate(%s%s)' % [selector, interval],
  increase(selector):: 'increase(%s%s)' % [selector, interval],
  over_the_range(selector):: 'increase(%s[$__range])' % selector,
  sum(expr, by=[]):: aggregate('sum', expr, by),
  max(expr, by=[]):: aggregate('max', expr, by),
  min(expr, by=[]):: aggregate('min', expr, by),
  count(expr, by=[]):: aggregate('count', expr, by),
  top(count, expr):: 'topk(%d, %s)' % [count, expr],
  // Lines of those who lead over the whole time shown: topk alone takes others at each step, and a
  // busy hour becomes a wall of lines.
  leaders(count, expr, by)::
    q.among(expr, by, q.top(count, std.strReplace(expr, interval, whole))),
  // Of initiators; one that got no slot has no name, and a line needs one.
  leading_initiators(count, expr)::
    'label_replace(%s, "initiator", "(without a slot)", "initiator", "")' % q.leaders(count, expr, ['initiator']),
  // The same for gauges: those that were highest.
  highest(count, selector, by)::
    q.among(q.max(selector, by), by, q.top(count, q.max(q.peak(selector), by))),
  peak(selector):: 'max_over_time(%s%s)' % [selector, whole],
  // 1 or 0 of each gateway that was there within the time shown: 0, too, where nobody reports it now.
  gateways_up()::
    '%s or on (job, gateway) 0 * %s' % [
      q.min(q.gateway('lungate_shm_up'), ['job', 'gateway']),
      q.max(q.peak(q.gateway('lungate_shm_up')), ['job', 'gateway']),
    ],
  // Rows of one table are the same things in all its columns: those that `ranking` names.
  among(expr, by, ranking):: '%s and on (%s) %s' % [expr, std.join(', ', by), ranking],
  // Nothing while the divisor is 0, instead of 0/0, which is no number and fails every comparison.
  ratio(dividend, divisor):: '%s / (%s > 0)' % [dividend, divisor],

  local latency = 'lungate_lun_op_duration_seconds',
  local both = ['op=~"read|write"'],
  operations(matchers=[]):: q.rate(q.lun(latency + '_count', matchers)),
  moved(matchers=[]):: q.rate(q.lun('lungate_lun_bytes_total', matchers)),
  // Buckets add up before a quantile is taken: a mean of quantiles is no quantile.
  quantile(which, selector, by=[])::
    'histogram_quantile(%s, %s)' % [which, q.sum(q.rate(selector), ['le'] + by)],
  latency(which, op, by=[]):: q.quantile(which, q.lun(latency + '_bucket', ['op="%s"' % op]), by),
  latency_of_both(which, by=[]):: q.quantile(which, q.lun(latency + '_bucket', both), by),
  latency_buckets(op):: q.sum(q.increase(q.lun(latency + '_bucket', ['op="%s"' % op])), ['le']),
  // Of many LUNs at once: from what alerts/ has added up, since a page that adds up all their buckets
  // for each step is a load of its own.
  local added_up = 'gateway:lungate_lun_op_duration_seconds_bucket:rate1m',
  fleet_latency(which, ops, by=[])::
    'histogram_quantile(%s, %s)' % [which, q.sum(q.gateway(added_up, ['op=~"%s"' % ops]), ['le'] + by)],
  fleet_buckets(op):: q.sum(q.gateway(added_up, ['op="%s"' % op]), ['le']),
  lun_p99():: q.max(q.lun('lun:lungate_lun_op_duration_seconds:p99_rate5m'), q.per_lun),
  fleet_stages(op)::
    '%s / ignoring (stage) group_left () (%s > 0)' % [
      q.sum(q.rate(q.gateway('lungate_stage_duration_seconds_sum', ['op="%s"' % op])), ['stage']),
      q.sum(q.rate(q.gateway('lungate_stage_duration_seconds_count', ['stage="backend"', 'op="%s"' % op]))),
    ],
  fleet_stage_share(stage):: q.ratio(
    q.sum(q.rate(q.gateway('lungate_stage_duration_seconds_sum', ['stage="%s"' % stage] + both))),
    q.sum(q.rate(q.gateway('lungate_stage_duration_seconds_sum', both))),
  ),
  // Mean time of one I/O in each stage.
  stages(op)::
    '%s / ignoring (stage) group_left () (%s > 0)' % [
      q.sum(q.rate(q.lun('lungate_lun_stage_seconds_total', ['op="%s"' % op])), ['stage']),
      q.sum(q.operations(['op="%s"' % op])),
    ],
  stage_share(stage, by=[]):: q.ratio(
    q.sum(q.rate(q.lun('lungate_lun_stage_seconds_total', ['stage="%s"' % stage] + both)), by),
    q.sum(q.rate(q.lun('lungate_lun_stage_seconds_total', both)), by),
  ),

  // The service level of a LUN. The target itself counts what is slower than the LUN's threshold.
  slow(by=[]):: q.sum(q.rate(q.lun('lungate_lun_slow_ops_total')), by),
  // Of reads and writes that have a threshold: what nothing is promised of dilutes no share.
  promised(expr)::
    '%s and on (job, gateway, target, lun, op) %s' % [expr, q.lun('lungate_lun_slo_threshold_seconds')],
  slow_share(by=[]):: q.ratio(q.slow(by), q.sum(q.promised(q.operations(both)), by)),
  threshold(op):: q.max(q.lun('lungate_lun_slo_threshold_seconds', ['op="%s"' % op])),
  // What may be slow.
  allowed():: '(1 - %s > 0)' % q.max(q.lun('lungate_lun_slo_objective_ratio'), q.per_lun),
  // 1: the budget lasts exactly as long as its period.
  // Over an hour, as the alerts see it, of what has enough I/O for a share.
  burn(least)::
    local by = q.per_lun + ['op'];
    '(%s) / on (gateway, target, lun) group_left () %s' % [
      q.among(
        q.max(q.lun('lun:lungate_lun_op_slow:ratio_rate1h'), by),
        by,
        '(%s > %g)' % [q.max(q.lun('lun:lungate_lun_op:rate1h'), by), least],
      ),
      q.allowed(),
    ],
  // The same over a fixed window, as alerts/ records it: of those that burnt fastest.
  recorded_burns(count, window)::
    local by = q.per_lun + ['op'];
    local selector = q.lun('lun:lungate_lun_op_slow:ratio_rate' + window);
    q.among(
      '%s / on (gateway, target, lun) group_left () %s' % [q.max(selector, by), q.allowed()],
      by,
      q.top(count, q.max(q.peak(selector), by)),
    ),
  budget_left():: '1 - (%s) / on (gateway, target, lun) %s' % [
    q.ratio(
      q.sum(q.over_the_range(q.lun('lungate_lun_slow_ops_total')), q.per_lun),
      q.sum(q.promised(q.over_the_range(q.lun(latency + '_count', both))), q.per_lun),
    ),
    q.allowed(),
  ],
}
