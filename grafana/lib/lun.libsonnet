// SPDX-License-Identifier: LGPL-2.1-or-later
// One LUN: is it slow, since when, for whom, and in which stage.
local c = import 'colours.libsonnet';
local dashboard = import 'dashboard.libsonnet';
local p = import 'panels.libsonnet';
local q = import 'queries.libsonnet';
local tables = import 'tables.libsonnet';

local legend = '{{gateway}} {{target}} {{lun}}';

local is_it_fine(config) = {
  title: 'Is it fine?',
  lines: [
    {
      height: 4,
      panels: [
        p.stat(
          'State',
          'Whether the LUN serves. offline: its reason is on the overview and in `lungate status`. several disks: choose one target and one LUN above, or all panels add up what has nothing in common.',
          'short',
          // 2 more where more than one disk is chosen.
          '%s + 2 * (%s > bool 1)' % [q.min(q.lun('lungate_lun_up')), q.count(q.lun('lungate_lun_up'))],
          states={
            '0': ['offline', 'red'],
            '1': ['online', 'green'],
            '2': ['offline; several disks', 'red'],
            '3': ['several disks', 'red'],
          },
        ) + p.see('lungate-ceph'),
        p.stat(
          'Budget left, of this time range',
          'Share of the latency budget of the time range above that is left, of the LUN that does worst. Choose 30 days for the month. Below 0: slower than agreed, see who and which stage.',
          'percentunit',
          q.min(q.budget_left()),
          c.falling(0.25, 0),
          instant=true,
          decimals=0,
          empty='no I/O',
        ) + p.see('lungate-exporter'),
        p.stat(
          'Oldest I/O in flight',
          'Age of the oldest command that the store has. At %d s initiators reset the LUN: `lungate slowlog` names the command, `ceph health detail` what Ceph waits for.' % config.stuck_critical_s,
          's',
          q.max(q.lun('lungate_lun_oldest_inflight_seconds')),
          [c.warning(config.stuck_warning_s), c.critical(config.stuck_critical_s)],
          decimals=1,
        ),
        p.stat(
          'p99',
          'Of reads and writes together. Compare with the thresholds in the table below; the heatmaps show whether it is the tail or everything.',
          's',
          q.latency_of_both('0.99'),
          decimals=1,
          empty='no I/O',
        ),
        p.stat(
          'IOPS',
          'Commands that ended, per second. Zero with I/O in flight: it hangs. Zero without: nobody asks.',
          'iops',
          q.sum(q.operations()),
        ),
        p.stat(
          'Throughput',
          'User data read and written. At a steady top: a limit is reached, of the network, of Ceph or of the initiator.',
          'Bps',
          q.sum(q.moved()),
        ),
      ],
    },
    {
      height: 5,
      panels: [
        tables.table(
          'Who it is',
          'Image, size, place and service level of the chosen LUNs, the %d largest. place used above %g: writes to all images of that pool stop when it is full; add OSDs or delete.' % [config.top, config.full_warning],
          q.per_lun + ['backend', 'pool', 'namespace', 'image', 'wwn', 'serial'],
          local ranking = q.top(config.top, q.max(q.lun('lungate_lun_size_bytes'), q.per_lun));
          local level(op) = q.max(q.lun('lungate_lun_slo_threshold_seconds', ['op="%s"' % op]), q.per_lun);
          local named(expr) = '%s * on (gateway, target, lun) group_left (backend, pool, namespace, image, wwn, serial) %s' % [
            expr,
            q.max(q.lun('lungate_lun_info'), q.per_lun + ['backend', 'pool', 'namespace', 'image', 'wwn', 'serial']),
          ];
          [
            { name: 'size', unit: 'bytes', expr: named(ranking) },
            { name: 'reads within', unit: 's', expr: named('(%s)' % q.among(level('read'), q.per_lun, ranking)) },
            { name: 'writes within', unit: 's', expr: named('(%s)' % q.among(level('write'), q.per_lun, ranking)) },
            {
              name: 'objective',
              unit: 'percentunit',
              expr: named('(%s)' % q.among(q.max(q.lun('lungate_lun_slo_objective_ratio'), q.per_lun), q.per_lun, ranking)),
              decimals: 2,
            },
            {
              name: 'place used',
              unit: 'percentunit',
              expr: named('(%s)' % q.among(q.max(q.lun('lungate_lun_place_used_ratio'), q.per_lun), q.per_lun, ranking)),
              steps: [c.warning(config.full_warning), c.critical(config.full_critical)],
              decimals: 0,
            },
          ],
        ),
      ],
    },
  ],
};

local quantiles(op) = [
  p.target(q.latency('0.5', op), 'p50'),
  p.with_exemplars(p.target(q.latency('0.99', op), 'p99')),
  p.target(q.latency('0.999', op), 'p99.9'),
  p.limit(q.threshold(op)),
];

local since_when = {
  title: 'Since when?',
  lines: [
    {
      height: 9,
      panels: [
        p.heatmap(
          'Read latency distribution',
          'How many reads ended in which time. Two bands are two kinds of I/O (cache and disk); a band that climbs is saturation; single cells on top are outliers: look for one slow OSD.',
          q.latency_buckets('read'),
        ),
        p.heatmap(
          'Write latency distribution',
          'How many writes ended in which time. A second band above the first: one slow OSD, a greedy initiator or the network; `lungate slowlog` tells by stage.',
          q.latency_buckets('write'),
        ),
      ],
    },
    {
      height: 12,
      panels: [
        p.lines(
          'Read latency',
          'limit is the service level (`slo` in the configuration). p99 above it: see which stage below. p99.9 alone: single slow disks. A point is one slow I/O: `lungate slowlog` has its stages.',
          's',
          quantiles('read'),
        ),
        p.lines(
          'Write latency',
          'limit is the service level. A write ends when Ceph has stored it on every replica. p99 above it: `lungate slowlog`, and which stage below; then `ceph osd perf`.',
          's',
          quantiles('write'),
        ),
      ],
    },
  ],
};

local why(config) = {
  title: 'Why? Stages, sizes, depth',
  lines: [
    {
      height: 10,
      panels: [
        p.lines(
          'Time of a read by stage',
          'Mean; for the tail `lungate slowlog`. backend: Ceph or the file, if no loop is full. queue: this gateway, see its loops. receive, send: the network or an initiator that does not read.',
          's',
          [p.target(q.stages('read'), '{{stage}}')],
          stacked=true,
        ) + p.see('lungate-ceph', 'lungate-gateway'),
        p.lines(
          'Time of a write by stage',
          'Mean; for the tail `lungate slowlog`. receive holds the round trips that fetch the data: high means network, or an initiator without ImmediateData. backend: Ceph, if no loop is full.',
          's',
          [p.target(q.stages('write'), '{{stage}}')],
          stacked=true,
        ) + p.see('lungate-ceph', 'lungate-gateway'),
        p.lines(
          'Slow I/O',
          'Share of reads and writes above their threshold; limit is what the objective allows. Above it the budget shrinks faster than it may: see which stage grew.',
          'percentunit',
          [
            p.target(q.slow_share(['op']), '{{op}}'),
            p.limit(q.min(q.allowed())),
          ],
        ) + p.see('lungate-exporter'),
      ],
    },
    {
      height: 8,
      panels: [
        p.lines(
          'Size of an I/O',
          'Median of what a read or write moves. Latency without size misleads: larger than before, slower is to be expected; look at throughput instead.',
          'bytes',
          [p.target(q.quantile('0.5', q.lun('lungate_lun_op_size_bytes_bucket'), ['op']), '{{op}}')],
        ),
        p.lines(
          'In flight',
          'Commands begun and not ended, of all sessions, the %d busiest of the chosen LUNs. Steadily high while latency rises: more is asked for than the store gives, lower the depth of the initiators.' % config.top,
          'short',
          [
            p.target(q.highest(config.top, q.lun('lungate_lun_inflight_ops'), q.per_lun), legend),
          ],
        ) + p.see('lungate-initiators'),
        p.lines(
          'Oldest in flight',
          'Age of the oldest command with the store, the %d oldest. A slope of one second per second is a hanging I/O, which no latency panel can show: `ceph health detail`, slow ops.' % config.top,
          's',
          [p.target(q.highest(config.top, q.lun('lungate_lun_oldest_inflight_seconds'), q.per_lun), legend)],
          bad=[c.warning(config.stuck_warning_s), c.critical(config.stuck_critical_s)],
        ) + p.see('lungate-ceph'),
      ],
    },
  ],
};

local for_whom(config) =
  local by = ['initiator'];
  local operations(more=[]) = q.sum(q.rate(q.initiator('lungate_initiator_ops_total', more)), by);
  local ranking = q.top(config.top, operations());
  local among(expr) = q.among(expr, by, ranking);
  {
    title: 'For whom?',
    lines: [{
      height: 8,
      widths: [14, 10],
      panels: [
        tables.table(
          'Initiators',
          'The %d initiators with most I/O on the chosen LUNs. One with most IOPS and the others slow: limit it at its host. One slow alone: its network. Empty: `initiators = false` in [telemetry].' % config.top,
          by,
          [
            { name: 'IOPS', unit: 'iops', expr: ranking },
            { name: 'throughput', unit: 'Bps', expr: among(q.sum(q.rate(q.initiator('lungate_initiator_bytes_total')), by)) },
            { name: 'latency', unit: 's', expr: among(q.ratio(q.sum(q.rate(q.initiator('lungate_initiator_latency_seconds_total')), by), operations())) },
            { name: 'slow/s', unit: 'none', expr: among(q.sum(q.rate(q.initiator('lungate_initiator_slow_ops_total')), by)), steps: [c.warning(0.1)], decimals: 2 },
            { name: 'errors/s', unit: 'none', expr: among(q.sum(q.rate(q.initiator('lungate_initiator_errors_total')), by)), steps: [c.warning(0.1)], decimals: 2 },
          ],
        ),
        p.lines(
          'Errors by class',
          'medium, hardware, not_ready, aborted: storage fails, read the journal of the gateway. reservation_conflict: another cluster node holds the LUN. unit_attention at logins is normal.',
          'ops',
          [p.target(q.sum(q.rate(q.lun('lungate_lun_op_errors_total')), ['sense']), '{{sense}}')],
        ) + p.see('lungate-ceph'),
      ],
    }],
  };

local events = {
  title: 'What happened to it?',
  lines: [{
    height: 8,
    panels: [
      p.lines(
        'Task management',
        'What initiators asked, by function and answer. abort_task after 30 s (Linux), lun_reset when that did not help: look at the oldest in flight of the same minutes.',
        'ops',
        [p.target(q.sum(q.rate(q.lun('lungate_lun_tmf_total')), ['function', 'response']), '{{function}} {{response}}')],
      ) + p.see('lungate-initiators'),
      p.lines(
        'Aborts, full queues, unit attentions',
        'Commands that were taken back, answers TASK SET FULL, conditions raised. Steady full queues: lower the queue depth of the initiators. Steady attentions: something resets.',
        'ops',
        [
          p.target(q.sum(q.rate(q.lun('lungate_lun_aborted_commands_total'))), 'aborted'),
          p.target(q.sum(q.rate(q.lun('lungate_lun_task_set_full_total'))), 'task set full'),
          p.target(q.sum(q.rate(q.lun('lungate_lun_unit_attentions_total'))), 'unit attentions'),
        ],
      ),
      p.lines(
        'COMPARE AND WRITE',
        'Locks of VMware (ATS) and other clusters. Many miscompares are hosts that fight for one lock: fewer machines per datastore, or a host that hangs.',
        'ops',
        [
          p.target(q.sum(q.rate(q.lun('lungate_lun_compare_and_writes_total'))), 'all'),
          p.target(q.sum(q.rate(q.lun('lungate_lun_compare_and_write_miscompares_total'))), 'miscompared'),
        ],
      ),
    ],
  }],
};

function(config) dashboard(
  config,
  'lungate-lun',
  'lungate LUN',
  'One LUN of lungate: is it slow, since when, why, for whom.',
  ['gateway', 'target', 'lun', 'initiator'],
  [is_it_fine(config), since_when, why(config), for_whom(config), events],
  chosen=['gateway', 'target', 'lun'],  // one disk; a thousand added up would answer nothing, at a price
)
