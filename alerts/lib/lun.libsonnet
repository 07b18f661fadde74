// SPDX-License-Identifier: LGPL-2.1-or-later
// Alerts about one LUN: what hangs, what fails, what is full, who is in whose way.
local r = import 'rule.libsonnet';

function(config)
  local select(metric, matchers='') = '%s{job="%s"%s}' % [metric, config.job, matchers];
  local alert(name, severity, expr, summary, description, wait='30s', keep=null) =
    r.alert(name, 'lun', severity, expr, summary, description, r.lun.board('lun'), wait, keep);
  local increase(metric, matchers, window) =
    r.sum(r.of_lun, 'increase(%s[%s])' % [select(metric, matchers), window]);
  local rate(metric, matchers, window) =
    r.sum(r.of_lun, 'rate(%s[%s])' % [select(metric, matchers), window]);
  local operations(window) = rate('lungate_lun_op_duration_seconds_count', '', window);

  local oldest = select('lungate_lun_oldest_inflight_seconds');
  local hangs = [
    alert(
      'StuckIO',
      'warning',
      '%s > %g' % [oldest, config.stuck_io.warning_s],
      'An I/O of %s is stuck' % r.lun.words,
      |||
        The store has had its oldest request for {{ $value | humanizeDuration }}. Linux initiators abort after 30 s.
        Latency panels cannot show it: they know completed I/O only.
      |||,
      wait=null
    ),
    alert(
      'StuckIO',
      'critical',
      '%s > %g' % [oldest, config.stuck_io.critical_s],
      'An I/O of %s hangs' % r.lun.words,
      |||
        The store has had its oldest request for {{ $value | humanizeDuration }}. Linux initiators abort after 30 s,
        reset the LUN, then report I/O errors.
      |||,
      wait=null
    ),
    alert(
      'TaskAborts',
      'warning',
      '%s > %g' % [
        increase('lungate_lun_tmf_total', ', function=~"abort_task|abort_task_set", response="complete"', '10m'),
        config.task_aborts_max,
      ],
      'Initiators abort commands of %s' % r.lun.words,
      |||
        {{ $value | humanize }} commands were aborted within 10 min. Initiators do that when they have waited for
        long (Linux: 30 s).
      |||
    ),
    alert(
      'LunReset',
      'critical',
      '%s > 0' % increase('lungate_lun_tmf_total', ', function=~"lun_reset|target_reset", response="complete"', '10m'),
      '%s was reset by an initiator' % r.lun.words,
      |||
        {{ $value | humanize }} resets of the LUN or its target within 10 min. It is what initiators do when aborts
        have not helped; the next step is an I/O error.
      |||
    ),
  ];

  local errors(senses, window) = '(lungate_lun_op_errors_total{job="%s", sense=~"%s"}[%s])' % [config.job, senses, window];
  // This class is on the page from its first event on.
  local refused = select('lungate_lun_op_errors_total', ', sense="data_protect"');
  local writes_refused = r.sum(
    r.of_lun, '\n' + r.first_or_increase(refused, '5m', select('lungate_lun_up'))
  );
  local fails = [
    alert(
      'LunOffline',
      'critical',
      select('lungate_lun_up') + ' == 0',
      '%s is offline' % r.lun.words,
      |||
        It answers NOT READY (lungate_lun_up is {{ $value }}, reason: {{ with query (printf
        `lungate_lun_offline_info{gateway=%q,target=%q,lun=%q}` $labels.gateway $labels.target $labels.lun) }}{{ (. |
        first).Labels.reason }}{{ end }}). The gateway keeps trying by itself.
      |||,
      '1m'
    ),
    alert(
      'LunErrors',
      'critical',
      'sum by (%s, sense) (increase%s) > 0' % [r.of_lun, errors('hardware|medium', '5m')],
      '%s has {{ $labels.sense }} errors' % r.lun.words,
      |||
        {{ $value | humanize }} commands ended in a {{ $labels.sense }} error within 5 min: the store could not read
        or write data. Initiators report it to their file systems.
      |||
    ),
    alert(
      'LunFlapping',
      'warning',
      '%s > %g' % [increase('lungate_lun_losses_total', '', '15m'), config.lun_losses_max],
      'The store of %s comes and goes' % r.lun.words,
      |||
        It was lost {{ $value | humanize }} times within 15 min after it had been open. Each loss interrupts the I/O
        of its initiators.
      |||
    ),
    alert(
      'WritesRefused',
      'critical',
      writes_refused + ' > 0',
      '%s refuses writes' % r.lun.words,
      |||
        {{ $value | humanize }} commands were refused within 5 min because there is no room for their data, or
        because they may not write here.
      |||
    ),
  ];

  // One alert per pool, not one per LUN of it; a file's place has no name but its LUN's.
  local used = r.record(
    'place:lungate_lun_place_used:ratio',
    |||
      max by (job, gateway, pool) (
        %(used)s
        * on (%(lun)s) group_left (pool) max by (%(lun)s, pool) (%(info)s)
      )
      or max by (%(lun)s) (%(used)s unless on (%(lun)s) %(info)s)
    ||| % {
      used: select('lungate_lun_place_used_ratio'),
      lun: r.of_lun,
      info: select('lungate_lun_info', ', pool!=""'),
    }
  );
  local place = '{{ if $labels.pool }}pool {{ $labels.pool }}{{ else }}the file system of LUN {{ $labels.lun }} of {{ $labels.target }}{{ end }}';
  local full(severity, expr, words, advice, wait) = r.alert(
    'PlaceNearlyFull',
    'lun',
    severity,
    expr,
    'On %s, %s is %s' % [r.gateway.words, place, words],
    '{{ $value | humanizePercentage }} of it is used. ' + advice,
    r.gateway.board('ceph'),
    wait,
    '5m'
  );
  local is_full = [
    full(
      'warning',
      'place:lungate_lun_place_used:ratio > %g' % config.place.warning,
      'nearly full',
      'Thin disks on it grow with what hosts write; when it is full their writes fail or hang.',
      '30m'
    ),
    full(
      'critical',
      |||
        place:lungate_lun_place_used:ratio > %g
        and predict_linear(place:lungate_lun_place_used:ratio[6h], 24 * 3600) > 1
        or place:lungate_lun_place_used:ratio > %g
      ||| % [config.place.critical, config.place.full],
      'full, or will be within a day',
      'Writes of all disks on it will fail or hang.',
      '5m'
    ),
  ];

  local in_the_way = [
    alert(
      'QueueFull',
      'warning',
      '%s\n> %g' % [
        r.ratio(rate('lungate_lun_task_set_full_total', '', '5m'), operations('5m')),
        config.queue_full_share,
      ],
      'No memory for more commands on %s' % r.lun.words,
      |||
        {{ $value | humanizePercentage }} of the commands of the last 5 min were answered TASK SET FULL. Initiators
        send them again, later.
      |||,
      '5m',
      '5m'
    ),
    alert(
      'ReservationConflicts',
      'warning',
      '%s > %g' % [
        rate('lungate_lun_op_errors_total', ', sense="reservation_conflict"', '5m'),
        config.reservation_conflicts_per_s,
      ],
      'Initiators run into a reservation of %s' % r.lun.words,
      |||
        {{ $value | printf "%.1f" }} commands per second are refused because another initiator holds a reservation.
      |||,
      '10m',
      '5m'
    ),
    alert(
      'Miscompares',
      'warning',
      |||
        %s
        > %g
        and %s > %g
      ||| % [
        r.ratio(
          rate('lungate_lun_compare_and_write_miscompares_total', '', '5m'),
          rate('lungate_lun_compare_and_writes_total', '', '5m')
        ),
        config.miscompares.share,
        rate('lungate_lun_compare_and_writes_total', '', '5m'),
        config.miscompares.ops_per_s_min,
      ],
      'Hosts fight for the locks on %s' % r.lun.words,
      |||
        {{ $value | humanizePercentage }} of the COMPARE AND WRITE of the last 5 min found other data than their host
        expected: another host was faster.
      |||,
      '10m',
      '5m'
    ),
  ];

  [
    r.group('place', [used], '30s'),
    r.group('lun', hangs + fails + is_full + in_the_way),
  ]
