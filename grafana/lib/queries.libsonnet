// SPDX-License-Identifier: LGPL-2.1-or-later
// PromQL in the words of the dashboards. Selectors are made here and nowhere else.
{
  local interval = '[$__rate_interval]',
  local of_gateway = ['job=~"$job"', 'gateway=~"$gateway"'],
  local of_lun = of_gateway + ['target=~"$target"', 'lun=~"$lun"'],
  local select(metric, matchers) = '%s{%s}' % [metric, std.join(', ', matchers)],

  lun(metric, more=[]):: select(metric, of_lun + more),
  gateway(metric, more=[]):: select(metric, of_gateway + more),
  // The exporter's own metrics have no gateway.
  exporter(metric):: select(metric, ['job=~"$job"']),

  rate(selector):: 'rate(%s%s)' % [selector, interval],
  increase(selector):: 'increase(%s%s)' % [selector, interval],
  sum(expr, by=[])::
    if by == [] then 'sum(%s)' % expr else 'sum by (%s) (%s)' % [std.join(', ', by), expr],
  max(expr, by):: 'max by (%s) (%s)' % [std.join(', ', by), expr],
  top(count, expr):: 'topk(%d, %s)' % [count, expr],

  local q = self,
  local latency = 'lungate_lun_op_duration_seconds',
  operations(matchers=[]):: q.rate(q.lun(latency + '_count', matchers)),
  // Buckets add up before a quantile is taken: a mean of quantiles is no quantile.
  quantile(which, selector, by=[])::
    'histogram_quantile(%s, %s)' % [which, q.sum(q.rate(selector), ['le'] + by)],
  latency(which, op, by=[]):: q.quantile(which, q.lun(latency + '_bucket', ['op="%s"' % op]), by),
  latency_buckets(op):: q.sum(q.increase(q.lun(latency + '_bucket', ['op="%s"' % op])), ['le']),
  // Mean time of one I/O in each stage; nothing while there is no I/O, instead of 0/0.
  stages(op)::
    '%s / ignoring (stage) group_left () (%s > 0)' % [
      q.sum(q.rate(q.lun('lungate_lun_stage_seconds_total', ['op="%s"' % op])), ['stage']),
      q.sum(q.operations(['op="%s"' % op])),
    ],
}
