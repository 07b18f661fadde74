// SPDX-License-Identifier: LGPL-2.1-or-later
// Service levels: recorded shares of slow and of failed I/O, and alerts on how fast they spend the budget.
// Windows as in the SRE workbook, chapter 5: the short one is a twelfth of the long one.
local r = import 'rule.libsonnet';

function(config)
  local select(metric, matchers='') = '%s{job="%s"%s}' % [metric, config.job, matchers];
  local data = ', op=~"read|write"';
  local of_op = r.of_lun + ', op';
  local count(window, matchers='') =
    'rate(%s[%s])' % [select('lungate_lun_op_duration_seconds_count', matchers), window];
  local slow(window) = 'rate(%s[%s])' % [select('lungate_lun_slow_ops_total'), window];
  // Reads and writes that have a threshold: a LUN whose writes are promised nothing has no budget for them.
  local promised(window) =
    '%s and on (%s) %s' % [count(window, data), of_op, select('lungate_lun_slo_threshold_seconds')];

  // `or` unites them, since no two have the same labels: what is missing on one page is not the end of all.
  local failed(window) =
    |||
      rate(%s[%s])
      or rate(%s[%s])
      or (
        %s
        - ignoring (le) rate(%s[%s])
      )
    ||| % [
      select('lungate_lun_op_errors_total', ', sense=~"aborted|hardware|medium|not_ready"'),
      window,
      select('lungate_lun_tmf_total', ', response="complete"'),
      window,
      count(window),
      // Prometheus 3 writes 30.0 for it.
      select('lungate_lun_op_duration_seconds_bucket', ', le=~"%s([.]0)?"' % config.availability.too_late),
      window,
    ];

  local ops_ratio(window) = r.record(
    'lun:lungate_lun_op_slow:ratio_rate' + window,
    r.ratio(r.sum(of_op, slow(window)), r.sum(of_op, count(window, data)))
  );
  local failed_ratio(window) = r.record(
    'lun:lungate_lun_op_failed:ratio_rate' + window,
    'clamp(%s, 0, 1)' % r.ratio(r.sum(r.of_lun, '\n' + failed(window)), r.sum(r.of_lun, count(window)))
  );
  local rate(window) = r.record('lun:lungate_lun_op:rate' + window, r.sum(of_op, count(window, data)));
  local all_rate(window) = r.record('lun:lungate_lun_op_all:rate' + window, r.sum(r.of_lun, count(window)));

  // Over days from what was recorded every 30 s: raw counters of 1,000 LUNs would be millions of samples.
  local burn(window) = r.record(
    'gateway:lungate_lun_latency_budget:burnrate' + window,
    r.ratio(
      r.sum(r.of_gateway, 'sum_over_time(gateway:lungate_lun_slow_ops:rate5m[%s])' % window),
      r.sum(r.of_gateway, 'sum_over_time(gateway:lungate_lun_slow_ops_allowed:rate5m[%s])' % window)
    )
  );

  local fast = r.group('slo-fast', [
    r.record('lun:lungate_lun_slo_budget:ratio', r.max(r.of_lun, '1 - ' + select('lungate_lun_slo_objective_ratio'))),
    rate('1h'),
    all_rate('1h'),
    ops_ratio('5m'),
    ops_ratio('1h'),
    failed_ratio('5m'),
    failed_ratio('1h'),
    r.record('gateway:lungate_lun_op:rate5m', r.sum(r.of_gateway, promised('5m'))),
    r.record('gateway:lungate_lun_slow_ops:rate5m', r.sum(r.of_gateway, slow('5m'))),
    r.record(
      'gateway:lungate_lun_slow_ops_allowed:rate5m',
      r.sum(r.of_gateway, '\n%s\n* on (%s) lun:lungate_lun_slo_budget:ratio\n' % [
        r.sum(r.of_lun, promised('5m')),
        r.of_lun,
      ])
    ),
  ], '30s');
  local slow_group = r.group('slo-slow', [
    rate('6h'),
    all_rate('6h'),
    ops_ratio('30m'),
    ops_ratio('6h'),
    failed_ratio('30m'),
    failed_ratio('6h'),
    burn('2h'),
    burn('6h'),
    burn('1d'),
    burn('3d'),
  ], '2m');

  // The budget is one per LUN, the shares are one per LUN and operation.
  local burning(factor, windows) =
    local limit = 'on (%s) group_left () clamp_max(%g * lun:lungate_lun_slo_budget:ratio, %g)' % [
      r.of_lun,
      factor,
      config.burn.share_max,
    ];
    |||
      lun:lungate_lun_op_slow:ratio_rate%(long)s > %(limit)s
      and lun:lungate_lun_op_slow:ratio_rate%(short)s > %(limit)s
      and lun:lungate_lun_op:rate%(long)s > %(least)g
    ||| % { long: windows[0], short: windows[1], limit: limit, least: config.burn.ops_per_s_min };
  local failing(factor, windows) =
    |||
      lun:lungate_lun_op_failed:ratio_rate%(long)s > %(factor)g * %(budget)g
      and lun:lungate_lun_op_failed:ratio_rate%(short)s > %(factor)g * %(budget)g
      and lun:lungate_lun_op_all:rate%(long)s > %(least)g
    ||| % {
      long: windows[0],
      short: windows[1],
      factor: factor,
      budget: config.availability.budget,
      least: config.burn.ops_per_s_min,
    };
  local long(factor, windows) =
    |||
      gateway:lungate_lun_latency_budget:burnrate%(long)s > %(factor)g
      and gateway:lungate_lun_latency_budget:burnrate%(short)s > %(factor)g
      and avg_over_time(gateway:lungate_lun_op:rate5m[%(long)s]) > %(least)g
    ||| % { long: windows[0], short: windows[1], factor: factor, least: config.burn.ops_per_s_min };

  // The level itself, for people: the gateway's file has it in milliseconds.
  local level =
    '{{ with printf `lungate_lun_slo_threshold_seconds{gateway=%q,target=%q,lun=%q,op=%q}` $labels.gateway $labels.target $labels.lun $labels.op | query }}{{ . | first | value | humanizeDuration }}{{ else }}its service level{{ end }}';
  local burn_alert(which, severity, factor, windows, wait, summary, words) = r.alert(
    'LatencyBudgetBurn' + which,
    'slo',
    severity,
    burning(factor, windows),
    '%s %s ({{ $labels.op }})' % [r.lun.words, summary],
    |||
      {{ $value | humanizePercentage }} of the I/O of the last %s took longer than %s. At this rate a month's
      budget is gone in %s.
    ||| % [windows[0], level, words],
    r.lun.board('lun'),
    wait
  );
  local error_alert(which, severity, factor, windows, wait, summary, words) = r.alert(
    'ErrorBudgetBurn' + which,
    'slo',
    severity,
    failing(factor, windows),
    'Commands of %s %s' % [r.lun.words, summary],
    |||
      {{ $value | humanizePercentage }} of the commands of the last %s failed, were aborted or took longer than
      %s s. At this rate a month's budget (%g %%) is gone in %s.
    ||| % [
      windows[0],
      config.availability.too_late,
      config.availability.budget * 100,
      words,
    ],
    r.lun.board('lun'),
    wait
  );
  local long_alert(severity, factor, windows, wait, words) = r.alert(
    'LatencyBudgetBurnLong',
    'slo',
    severity,
    long(factor, windows),
    'LUNs on %s have been slower than agreed for long' % r.gateway.words,
    |||
      All LUNs together spend their budget of slow I/O {{ $value | humanize }} times as fast as agreed, over the
      last %s. At this rate a month's budget is %s.
    ||| % [windows[0], words],
    r.gateway.board('overview'),
    wait
  );

  // Who is it? Only while a LUN is slower than agreed, so that a quiet LUN says nothing.
  local is_slow = |||
    and on (%s)
    (lun:lungate_lun_op_slow:ratio_rate5m > on (%s) group_left () lun:lungate_lun_slo_budget:ratio)
  ||| % [r.of_lun, r.of_lun];
  local stage_share(stages) = r.ratio(
    r.sum(r.of_lun, 'rate(%s[5m])' % select('lungate_lun_stage_seconds_total', data + ', stage=~"%s"' % stages)),
    r.sum(r.of_lun, 'rate(%s[5m])' % select('lungate_lun_stage_seconds_total', data))
  );
  local initiators = r.sum(r.of_lun + ', initiator', 'rate(%s[5m])' % select('lungate_initiator_ops_total'));
  local initiator_share = r.ratio(
    initiators,
    r.sum(r.of_lun, 'rate(%s[5m])' % select('lungate_initiator_ops_total'))
  );

  [
    fast,
    slow_group,
    r.group('slo', [
      burn_alert('Fast', 'critical', config.burn.fast, ['1h', '5m'], '2m', 'is slow', 'two days'),
      burn_alert('Slow', 'warning', config.burn.slow, ['6h', '30m'], '15m', 'is slower than agreed', 'five days'),
      long_alert('warning', config.burn.long_warning, ['1d', '2h'], '1h', 'gone in ten days'),
      long_alert('info', config.burn.long_info, ['3d', '6h'], '3h', 'just spent at its end'),
      error_alert('Fast', 'critical', config.burn.fast, ['1h', '5m'], '2m', 'fail', 'two days'),
      error_alert('Slow', 'warning', config.burn.slow, ['6h', '30m'], '15m', 'fail now and then', 'five days'),
      r.alert(
        'BackendLatencyShare',
        'slo',
        'info',
        '%s\n> %g\n%s' % [stage_share('backend'), config.share.backend, is_slow],
        '%s is slow, and most of its time is in the store' % r.lun.words,
        |||
          {{ $value | humanizePercentage }} of the time of its reads and writes is spent in Ceph (or the file), and
          more of them are slow than agreed. A full event loop or a greedy initiator looks like this, too.
        |||,
        r.lun.board('lun'),
        '10m',
        '5m'
      ),
      r.alert(
        'NetworkLatencyShare',
        'slo',
        'info',
        '%s\n> %g\n%s' % [stage_share('receive|send'), config.share.network, is_slow],
        '%s is slow, and the network or an initiator is why' % r.lun.words,
        |||
          {{ $value | humanizePercentage }} of the time of its reads and writes is spent in fetching data from the
          initiators or in sending it to them, and more of them are slow than agreed.
        |||,
        r.lun.board('lun'),
        '10m',
        '5m'
      ),
      r.alert(
        'GreedyInitiator',
        'slo',
        'info',
        |||
          %s
          > %g
          and on (%s) (count by (%s) (%s > 0) > 1)
          %s
        ||| % [
          std.strReplace(initiator_share, '\n/\n', '\n/ on (%s) group_left ()\n' % r.of_lun),
          config.share.initiator,
          r.of_lun,
          r.of_lun,
          initiators,
          is_slow,
        ],
        '%s is slow, and {{ $labels.initiator }} uses most of it' % r.lun.words,
        |||
          {{ $labels.initiator }} sends {{ $value | humanizePercentage }} of the commands of a LUN that several
          initiators use and that is slower than agreed.
        |||,
        r.lun.board('initiators'),
        '10m',
        '5m'
      ),
    ]),
  ]
