// SPDX-License-Identifier: LGPL-2.1-or-later
// Fleet and LUN on one page, in the order of an operator's questions: are we fine, who is not, why.
local dashboard = import 'dashboard.libsonnet';
local p = import 'panels.libsonnet';
local q = import 'queries.libsonnet';

local per_lun = ['gateway', 'target', 'lun'];
local lun_legend = '{{gateway}} {{target}} {{lun}}';

local are_we_fine(config) = {
  title: 'Are we fine?',
  lines: [{
    height: 4,
    panels: [
      p.stat(
        'Gateways down',
        'Segments whose target does not run or cannot be read. Not 0: `systemctl status lungate-target` on that host; lungate_shm_fault names the reason.',
        'short',
        'sum(1 - %s)' % q.gateway('lungate_shm_up'),
        [p.critical(1)],
      ),
      p.stat(
        'LUNs offline',
        'LUNs that answer NOT READY. Not 0: the table below names each with its reason, `lungate status` has the words.',
        'short',
        'sum(1 - %s)' % q.lun('lungate_lun_up'),
        [p.critical(1)],
      ),
      p.stat(
        'Oldest I/O in flight',
        'Age of the oldest command that has not ended. From %d s on something hangs, at %d s initiators reset the LUN: see which LUN below, then ask Ceph (`ceph health detail`).' % [config.stuck_warning_s, config.stuck_critical_s],
        's',
        'max(%s)' % q.lun('lungate_lun_oldest_inflight_seconds'),
        [p.warning(config.stuck_warning_s), p.critical(config.stuck_critical_s)],
        decimals=1,
      ),
      p.stat(
        'IOPS',
        'Reads, writes and other commands that ended, per second. A sudden fall with I/O in flight is a stall; without, the initiators went quiet.',
        'iops',
        q.sum(q.operations()),
      ),
      p.stat(
        'Throughput',
        'User data read and written. Near what the network carries: spread the portals over more interfaces.',
        'Bps',
        q.sum(q.rate(q.lun('lungate_lun_bytes_total'))),
      ),
      p.stat(
        'Sessions',
        'iSCSI sessions that are logged in, on the chosen gateways. Fewer than hosts times paths: a path is missing, look at multipath on the hosts.',
        'short',
        q.sum(q.gateway('lungate_sessions')),
      ),
    ],
  }],
};

local who_is_not(config) = {
  title: 'Who is not?',
  lines: [{
    height: 8,
    panels: [
      p.table(
        'Slowest LUNs, reads',
        'The %d LUNs with the highest p99 of reads. Click on target and LUN above to see one alone; if all are slow it is not the LUN.' % config.top,
        's',
        q.top(config.top, q.latency('0.99', 'read', per_lun) + ' > 0'),
        per_lun,
        'p99',
      ),
      p.table(
        'Slowest LUNs, writes',
        'The %d LUNs with the highest p99 of writes. Compare with reads: slow writes alone point to replication or a full journal in Ceph.' % config.top,
        's',
        q.top(config.top, q.latency('0.99', 'write', per_lun) + ' > 0'),
        per_lun,
        'p99',
      ),
      p.table(
        'LUNs offline, and why',
        'Empty is good. missing, denied, invalid: correct image, rights or configuration. locked: another client holds the image. unreachable: Ceph.',
        'short',
        q.lun('lungate_lun_offline_info'),
        per_lun + ['reason'],
        'offline',
      ),
    ],
  }],
};

local load = {
  title: 'Load',
  lines: [{
    height: 8,
    panels: [
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
        [p.target(q.sum(q.rate(q.lun('lungate_lun_bytes_total')), ['direction']), '{{direction}}')],
      ),
      p.lines(
        'Mean size of an I/O',
        'Latency without size misleads. Larger than before: slower I/O is to be expected, look at throughput instead.',
        'bytes',
        [p.target(
          '%s / (%s > 0)' % [
            q.sum(q.rate(q.lun('lungate_lun_op_size_bytes_sum')), ['op']),
            q.sum(q.rate(q.lun('lungate_lun_op_size_bytes_count')), ['op']),
          ], '{{op}}'
        )],
      ),
    ],
  }],
};

local quantiles(op) = [
  p.target(q.latency('0.5', op), 'p50'),
  p.target(q.latency('0.95', op), 'p95'),
  p.target(q.latency('0.99', op), 'p99'),
  p.target(q.latency('0.999', op), 'p99.9'),
];

local latency(config) = {
  title: 'Latency',
  lines: [
    {
      height: 9,
      panels: [
        p.lines(
          'Read latency',
          'From the first byte of a command to its response in the hands of the kernel. p99 above %g s: see in which stage below. p99.9 alone high: single slow disks or scrubs in Ceph.' % config.slow_read_s,
          's',
          quantiles('read'),
        ),
        p.lines(
          'Write latency',
          'As for reads; a write ends when Ceph has stored it on every replica. p99 above %g s: look at the stages, then at `ceph osd perf`.' % config.slow_write_s,
          's',
          quantiles('write'),
        ),
      ],
    },
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
          'How many writes ended in which time. A second band above the first is often one slow OSD: `ceph osd perf` names it.',
          q.latency_buckets('write'),
        ),
      ],
    },
  ],
};

local why(config) = {
  title: 'Why?',
  lines: [
    {
      height: 8,
      panels: [
        p.lines(
          'Time of a read by stage',
          'Mean. backend: Ceph or the file, ask there. queue: this gateway, look at the loops below. receive, send: the network or an initiator that does not read.',
          's',
          [p.target(q.stages('read'), '{{stage}}')],
          stacked=true,
        ),
        p.lines(
          'Time of a write by stage',
          'Mean. receive holds the round trips that fetch the data: high means network, or an initiator without ImmediateData. backend: Ceph.',
          's',
          [p.target(q.stages('write'), '{{stage}}')],
          stacked=true,
        ),
        p.lines(
          'Stages of all LUNs, p99',
          'Where the tail comes from, per gateway and for all its LUNs. p99 of backend is of Ceph, p99 of queue is ours: raise `loops` or spread the sessions.',
          's',
          [p.target(q.quantile('0.99', q.gateway('lungate_stage_duration_seconds_bucket', ['op=~"read|write"']), ['stage']), '{{stage}}')],
        ),
      ],
    },
    {
      height: 8,
      panels: [
        p.lines(
          'In flight',
          'Commands begun and not ended, the %d busiest LUNs. Steadily at the queue depth of the initiator: the LUN is saturated.' % config.top,
          'short',
          [p.target(q.top(config.top, q.max(q.lun('lungate_lun_inflight_ops'), per_lun)), lun_legend)],
        ),
        p.lines(
          'Oldest in flight',
          'Age of the oldest command, the %d oldest. A slope of one second per second is a hanging I/O, which no latency panel can show: `ceph health detail`, slow ops.' % config.top,
          's',
          [p.target(q.top(config.top, q.max(q.lun('lungate_lun_oldest_inflight_seconds'), per_lun)), lun_legend)],
        ),
        p.lines(
          'Errors',
          'Commands that did not end in GOOD, by class. medium, hardware, not_ready, aborted: storage fails, read the journal of the gateway. unit_attention at logins is normal.',
          'ops',
          [p.target(q.sum(q.rate(q.lun('lungate_lun_op_errors_total')), ['sense']), '{{sense}}')],
        ),
      ],
    },
  ],
};

local gateway = {
  title: 'Gateway',
  lines: [
    {
      height: 8,
      panels: [
        p.lines(
          'Sessions and connections',
          'Connections far above sessions: something connects and never logs in. Sessions that go up and down: `lungate sessions`, then the network of that host.',
          'short',
          [
            p.target(q.sum(q.gateway('lungate_sessions'), ['gateway']), '{{gateway}} sessions'),
            p.target(q.sum(q.gateway('lungate_connections'), ['gateway']), '{{gateway}} connections'),
          ],
        ),
        p.lines(
          'Sessions lost',
          'Sessions that ended otherwise than by logout, by reason. nop_timeout, peer_closed: network or host. digest: corruption on the way. stalled: this process was paused.',
          'ops',
          [p.target(q.sum(q.rate(q.gateway('lungate_session_closes_total', ['reason!="logout"'])), ['reason']), '{{reason}}')],
        ),
        p.lines(
          'Logins refused',
          'By reason. acl_denied, auth_failure: a wrong name or secret, or somebody trying. protocol: a port scanner. The journal names the peer.',
          'ops',
          [p.target(q.sum(q.rate(q.gateway('lungate_logins_total', ['result!="success"'])), ['result']), '{{result}}')],
        ),
      ],
    },
    {
      height: 8,
      panels: [
        p.lines(
          'Event loops, busy share',
          'Near 1 the loop is saturated and everything on it waits: raise `loops` if cores are free, else add a gateway.',
          'percentunit',
          [p.target(q.sum(q.rate(q.gateway('lungate_event_loop_busy_seconds_total')), ['gateway', 'loop']), '{{gateway}} loop {{loop}}')],
        ),
        p.lines(
          'Event loops, lag p99',
          'How late timers fire; it adds to every I/O of that loop. Above 10 ms the loop or the machine is overloaded: look at its CPU.',
          's',
          [p.target(q.quantile('0.99', q.gateway('lungate_event_loop_lag_seconds_bucket'), ['gateway', 'loop']), '{{gateway}} loop {{loop}}')],
        ),
        p.lines(
          'Heartbeat age',
          'Time since the most silent loop said that it lives; a beat comes each second. Above 5 s the target hangs: is it stopped, starved of CPU, blocked in a call?',
          's',
          [p.target(q.max(q.gateway('lungate_shm_heartbeat_age_seconds'), ['gateway']), '{{gateway}}')],
        ),
        p.lines(
          'Time of a scrape',
          'How long the exporter took for the page before. Above half the scrape interval: a longer interval, or fewer LUNs per gateway.',
          's',
          [p.target(q.max(q.exporter('lungate_exporter_scrape_duration_seconds'), ['instance']), '{{instance}}')],
        ),
      ],
    },
  ],
};

function(config) dashboard(
  config,
  'lungate-overview',
  'lungate overview',
  'Gateways and LUNs of lungate: are we fine, who is not, why.',
  [are_we_fine(config), who_is_not(config), load, latency(config), why(config), gateway],
)
