// SPDX-License-Identifier: LGPL-2.1-or-later
// The fleet on one page, in the order of an operator's questions: are we fine, who is not, since when,
// why. What it names leads to the dashboard that shows it alone.
local c = import 'colours.libsonnet';
local dashboard = import 'dashboard.libsonnet';
local p = import 'panels.libsonnet';
// All LUNs of the chosen gateways: one LUN has its own dashboard.
local q = (import 'queries.libsonnet') + { lun:: self.gateway };
local tables = import 'tables.libsonnet';

local up = { '0': ['down', 'red'], '1': ['up', 'green'] };

local are_we_fine(config) = {
  title: 'Are we fine?',
  lines: [
    {
      height: 4,
      panels: [
        p.stat(
          'Gateways down',
          'Of those that were there within the time range above: down, or nobody reports them. Not 0: the table below names them; `systemctl status lungate-target` there, or the host is dead.',
          'short',
          q.sum('1 - (%s)' % q.gateways_up()),
          [c.critical(1)],
          instant=true,
        ) + p.see('lungate-exporter'),
        p.stat(
          'LUNs offline',
          'LUNs that answer NOT READY, of gateways that are up. Not 0: the table below names each with its reason, `lungate status` has the words.',
          'short',
          q.sum('1 - ' + q.lun('lungate_lun_up')),
          [c.critical(1)],
        ) + p.see('lungate-ceph'),
        p.stat(
          'Oldest I/O in flight',
          'Age of the oldest command that the store has. From %d s on something hangs, at %d s initiators reset the LUN: see which LUN below, then ask Ceph (`ceph health detail`).' % [config.stuck_warning_s, config.stuck_critical_s],
          's',
          q.max(q.lun('lungate_lun_oldest_inflight_seconds')),
          [c.warning(config.stuck_warning_s), c.critical(config.stuck_critical_s)],
          decimals=1,
        ) + p.see('lungate-lun'),
        p.stat(
          'Worst budget burn',
          'How fast the LUN that does worst has spent its latency budget within the last hour: 1 lasts exactly the period, %g is gone in two days. Above %g: see the slowest LUNs below, and the budgets behind the link.' % [config.burn_critical, config.burn_warning],
          'none',
          q.max(q.burn(config.burn_ops_per_s_min)),
          [c.warning(config.burn_warning), c.critical(config.burn_critical)],
          decimals=1,
          empty='no I/O',
          instant=true,
        ) + p.see('lungate-exporter'),
      ],
    },
    {
      height: 4,
      panels: [
        p.stat(
          'Alerts firing',
          'Alerts of the rules that we ship. Not 0: the list below; each has a section in alerts/runbooks.md. It is 0 too when the rules are not loaded: Prometheus, page /rules.',
          'short',
          q.count(q.alerts()) + ' or vector(0)',
          [c.warning(1)],
        ),
        p.stat(
          'IOPS',
          'Reads, writes and other commands that ended, per second. A sudden fall with I/O in flight is a stall; without, the initiators went quiet.',
          'iops',
          q.sum(q.operations()),
        ) + p.see('lungate-gateway'),
        p.stat(
          'Throughput',
          'User data read and written. Near what the network carries: spread the portals over more interfaces.',
          'Bps',
          q.sum(q.moved()),
        ),
        p.stat(
          'Sessions',
          'iSCSI sessions that are logged in, on the chosen gateways. Fewer than hosts (times portals, where they use several): somebody is missing, `lungate sessions` has the others.',
          'short',
          q.sum(q.gateway('lungate_sessions')),
        ) + p.see('lungate-initiators'),
      ],
    },
  ],
};

local slowest(config) =
  // What hangs has ended nothing, so it has no p99: its age leads instead.
  local oldest = q.max(q.lun('lungate_lun_oldest_inflight_seconds'), q.per_lun);
  local ranking = q.top(config.top, '(%s > 1) or (%s > 0)' % [oldest, q.lun_p99()]);
  tables.table(
    'Slowest LUNs',
    'The %d LUNs whose oldest I/O is older than 1 s, then those with the highest p99 (5 min, reads and writes together). No p99: nothing ends, it hangs. Click on a LUN to see why. If all of them are slow it is no LUN: look at the gateways and at Ceph.' % config.top,
    q.per_lun,
    [
      { name: 'p99', unit: 's', expr: q.among('(%s > 0)' % q.lun_p99(), q.per_lun, ranking) },
      {
        name: 'slow',
        unit: 'percentunit',
        expr: q.among(q.slow_share(q.per_lun), q.per_lun, ranking),
        steps: [c.warning(0.01), c.critical(0.1)],
        decimals: 2,
      },
      { name: 'IOPS', unit: 'iops', expr: q.among(q.sum(q.operations(), q.per_lun), q.per_lun, ranking) },
      {
        name: 'oldest',
        unit: 's',
        expr: q.among(oldest, q.per_lun, ranking),
        steps: [c.warning(config.stuck_warning_s), c.critical(config.stuck_critical_s)],
      },
    ],
  );

local gateways(config) = tables.table(
  'Gateways',
  'One row per gateway of the time range above. down (or nobody reports it), LUNs offline or a loop (the busiest) near 100 %: click on its name. Fewer sessions than before: hosts are missing.',
  ['gateway'],
  [
    { name: 'state', unit: 'short', expr: q.min(q.gateways_up(), ['gateway']), states: up },
    { name: 'offline', unit: 'short', expr: q.sum('1 - ' + q.gateway('lungate_lun_up'), ['gateway']), steps: [c.critical(1)] },
    { name: 'sessions', unit: 'short', expr: q.sum(q.gateway('lungate_sessions'), ['gateway']) },
    { name: 'IOPS', unit: 'iops', expr: q.sum(q.operations(), ['gateway']) },
    { name: 'p99', unit: 's', expr: q.fleet_latency('0.99', 'read|write', ['gateway']) + ' >= 0' },
    {
      name: 'loop',
      unit: 'percentunit',
      expr: q.max(q.rate(q.gateway('lungate_event_loop_busy_seconds_total')), ['gateway']),
      steps: [c.warning(config.busy_warning)],
      decimals: 0,
    },
  ],
  sort='gateway',
  descending=false,
);

// `what` is what else an alert names: the exporter of a host, a loop, portal, pool, initiator, reason.
local of_alerts = ['severity', 'alertname', 'gateway', 'target', 'lun', 'what'];

local who_is_not(config) = {
  title: 'Who is not?',
  lines: [
    {
      height: 7,
      widths: [15, 9],
      panels: [
        tables.table(
          'Alerts',
          'What fires now, critical first; empty is good. Look up the name in alerts/runbooks.md: meaning, diagnosis by command, mitigation.',
          of_alerts,
          [{
            name: 'since',
            unit: 'dateTimeFromNow',
            expr: q.alerts_since(of_alerts),
          }],
          sort='severity',
          descending=false,
        ),
        tables.table(
          'LUNs offline, and why',
          'Empty is good. missing, denied, invalid: correct image, rights or configuration. locked: another client holds the image. unreachable: Ceph.',
          q.per_lun + ['reason'],
          [{ name: 'offline', hidden: true, unit: 'short', expr: q.max(q.lun('lungate_lun_offline_info'), q.per_lun + ['reason']) }],
        ),
      ],
    },
    { height: 9, widths: [10, 14], panels: [gateways(config), slowest(config)] },
  ],
};

local quantiles(op) = [p.target(q.fleet_latency('0.5', op), 'p50'), p.target(q.fleet_latency('0.99', op), 'p99')];

local since_when(config) = {
  title: 'Since when?',
  lines: [
    {
      height: 8,
      panels: [
        p.states(
          'Gateways over time',
          'When each target ran. Red is down; a short gap at a red annotation is a restart. A gateway that flaps: `journalctl -u lungate-target`, it may crash in a loop.',
          q.min(q.gateway('lungate_shm_up'), ['gateway']),
          '{{gateway}}',
          up,
        ) + p.see('lungate-gateway'),
        p.lines(
          'IOPS by operation',
          'Commands that ended, per second. Compare with latency below: more IOPS at the same latency is load, fewer at a higher one is a bottleneck.',
          'iops',
          [p.target(q.sum(q.operations(), ['op']), '{{op}}')],
        ),
        p.lines(
          'Throughput by direction',
          'User data, headers excepted. Flat at the top while latency rises: the network or Ceph is full; move initiators or add a gateway.',
          'Bps',
          [p.target(q.sum(q.moved(), ['direction']), '{{direction}}')],
        ),
      ],
    },
    {
      height: 9,
      panels: [
        p.lines(
          'Read latency',
          'From the first byte of a command to its response in the hands of the kernel, all chosen LUNs. p99 far above p50: some LUNs or some OSDs, see the slowest above; both up: load or Ceph.',
          's',
          quantiles('read'),
        ) + p.see('lungate-lun'),
        p.lines(
          'Write latency',
          'As for reads; a write ends when Ceph has stored it on every replica. p99 far above p50: look at the stages below, then at `ceph osd perf`.',
          's',
          quantiles('write'),
        ) + p.see('lungate-lun'),
        p.heatmap(
          'Latency distribution, reads',
          'How many reads ended in which time, per second. Two bands are two kinds of I/O (cache and disk); a band that climbs is saturation; cells on top are outliers: click on the slowest LUN above.',
          q.fleet_buckets('read'),
        ) + p.see('lungate-lun'),
      ],
    },
  ],
};

local why = {
  title: 'Why?',
  lines: [{
    height: 10,
    panels: [
      p.lines(
        'Time of a read by stage',
        'Mean. backend: Ceph or the file, if no loop is full. queue: a gateway, look at its loops. receive, send: the network or an initiator that does not read.',
        's',
        [p.target(q.fleet_stages('read'), '{{stage}}')],
        stacked=true,
      ) + p.see('lungate-ceph', 'lungate-gateway'),
      p.lines(
        'Time of a write by stage',
        'Mean. receive holds the round trips that fetch the data: high means network, or an initiator without ImmediateData. backend: Ceph, if no loop is full.',
        's',
        [p.target(q.fleet_stages('write'), '{{stage}}')],
        stacked=true,
      ) + p.see('lungate-ceph', 'lungate-gateway'),
      p.lines(
        'Errors',
        'Commands that did not end in GOOD, by class. medium, hardware, not_ready, aborted: storage fails, read the journal of the gateway. unit_attention at logins is normal.',
        'ops',
        [p.target(q.sum(q.gateway('gateway:lungate_lun_op_errors:rate1m'), ['sense']), '{{sense}}')],
      ) + p.see('lungate-lun'),
    ],
  }],
};

function(config) dashboard(
  config,
  'lungate-overview',
  'lungate overview',
  'Gateways and LUNs of lungate: are we fine, who is not, since when, why.',
  ['gateway'],
  [are_we_fine(config), who_is_not(config), since_when(config), why],
)
