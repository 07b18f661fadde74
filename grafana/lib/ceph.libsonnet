// SPDX-License-Identifier: LGPL-2.1-or-later
// Is it Ceph? What the store behind the LUNs takes, whether it answers, how full it is; and, where
// ceph-mgr is scraped, what Ceph says itself.
local c = import 'colours.libsonnet';
local dashboard = import 'dashboard.libsonnet';
local p = import 'panels.libsonnet';
// All LUNs of the chosen gateways: one LUN has its own dashboard.
local q = (import 'queries.libsonnet') + { lun:: self.gateway };
local tables = import 'tables.libsonnet';

local backend(more=[]) = q.gateway('lungate_stage_duration_seconds_bucket', ['stage="backend"'] + more);

local is_it_fine(config) = {
  title: 'Is it fine?',
  lines: [{
    height: 4,
    panels: [
      p.stat(
        'Ceph',
        'Whether the monitors answer every chosen gateway; open images may serve on without. no answer: `ceph -s` from that host with the keyring of the gateway; monitors, network, caps. none used: every LUN is a file.',
        'short',
        q.min(q.gateway('lungate_ceph_up')),
        states={ '0': ['no answer', 'red'], '1': ['answers', 'green'] },
        empty='none used',
      ) + p.see('lungate-gateway'),
      p.stat(
        'LUNs offline',
        'LUNs of gateways that are up whose store is not open. Not 0: the table below has the reason of each; unreachable and fenced are of Ceph, missing, denied and invalid are of the configuration.',
        'short',
        q.sum('1 - ' + q.lun('lungate_lun_up')),
        [c.critical(1)],
      ),
      p.stat(
        'Share of the backend',
        'How much of the latency of reads and writes is spent in Ceph or the file; 90 % is usual. High and slow: ask there. Low and slow: it is the gateway or the network, see the gateway.',
        'percentunit',
        q.fleet_stage_share('backend'),
        decimals=0,
        empty='no I/O',
      ) + p.see('lungate-gateway'),
      p.stat(
        'Clients fenced',
        'RADOS clients of ours that were put on the blocklist, in the time range above. Not 0: `ceph osd blocklist ls`, who did it?',
        'short',
        q.sum(q.over_the_range(q.gateway('lungate_ceph_clients_fenced_total'))),
        [c.critical(0.5)],
        decimals=0,
        instant=true,
      ),
      p.stat(
        'Calls given up',
        'Calls to Ceph that got no answer in time, in the time range above. Not 0: `ceph health detail`; monitors without quorum, inactive placement groups, or the network.',
        'short',
        q.sum(q.over_the_range(q.gateway('lungate_ceph_timeouts_total'))),
        [c.warning(0.5)],
        decimals=0,
        instant=true,
      ),
      p.stat(
        'Fullest place',
        'Used share of the fullest pool or file system behind a LUN. A full pool stops all writes to it: add OSDs or delete before %g.' % config.full_critical,
        'percentunit',
        q.max(q.lun('lungate_lun_place_used_ratio')),
        [c.warning(config.full_warning), c.critical(config.full_critical)],
        decimals=0,
        empty='unknown',
      ),
    ],
  }],
};

local quantiles(op) = [
  p.target(q.quantile('0.5', backend(['op="%s"' % op])), 'p50'),
  p.target(q.quantile('0.99', backend(['op="%s"' % op])), 'p99'),
];

local who(config) = {
  title: 'Is it Ceph or us?',
  lines: [
    {
      height: 10,
      panels: [
        p.lines(
          'Time in the backend, reads',
          'From our call until its answer reached our loop. p99 high: single slow OSDs (`ceph osd perf` knows writes only; `lungate slowlog` has the LBA). p50 high: the cluster is at its limit, or recovers.',
          's',
          quantiles('read'),
        ) + p.see('lungate-lun'),
        p.lines(
          'Time in the backend, writes',
          'Every replica has the data by then, so one slow OSD slows many. p99 far above that of reads: a journal or a disk; `ceph osd perf` names it.',
          's',
          quantiles('write'),
        ) + p.see('lungate-lun'),
        p.lines(
          'Share of each stage',
          'Of the time of reads and writes together. backend: Ceph. queue: this gateway. receive and send: network and initiators. What grew when it became slow is the cause.',
          'percentunit',
          [
            p.target(q.fleet_stage_share('backend'), 'backend'),
            p.target(q.fleet_stage_share('queue'), 'queue'),
            p.target(q.fleet_stage_share('receive'), 'receive'),
            p.target(q.fleet_stage_share('send'), 'send'),
          ],
          stacked=true,
          max=1,
        ) + p.see('lungate-gateway') + { fieldConfig+: { overrides: c.overrides(['{{stage}}']) } },
      ],
    },
    {
      height: 8,
      panels: [
        tables.table(
          'Slowest backends',
          'Mean time of a read or write in the backend, the %d slowest LUNs. All of one pool: that pool (its rule, its disks). One alone: its placement groups, or a lock.' % config.top,
          q.per_lun,
          local ranking = q.top(config.top, q.ratio(
            q.sum(q.rate(q.lun('lungate_lun_stage_seconds_total', ['stage="backend"', 'op=~"read|write"'])), q.per_lun),
            q.sum(q.operations(['op=~"read|write"']), q.per_lun),
          ));
          [
            { name: 'mean', unit: 's', expr: ranking },
            { name: 'share', unit: 'percentunit', expr: q.among(q.stage_share('backend', q.per_lun), q.per_lun, ranking), decimals: 0 },
          ],
        ),
        p.heatmap(
          'Backend, writes',
          'How many writes the store took in which time, all LUNs of the chosen gateways. A second band is often one slow OSD; a band that climbs is a cluster that fills up or recovers.',
          q.sum(q.increase(backend(['op="write"'])), ['le']),
        ),
      ],
    },
  ],
};

local opens(config) = {
  title: 'Does it answer?',
  lines: [
    {
      height: 7,
      panels: [
        p.states(
          'Ceph over time',
          'Whether the monitors answered each gateway. One gateway alone: its network. All at once: monitors, or the cluster. Nothing here: no LUN is an image.',
          q.min(q.gateway('lungate_ceph_up'), ['gateway']),
          '{{gateway}}',
          { '0': ['no answer', 'red'], '1': ['answers', 'green'] },
        ),
        p.lines(
          'Opens and losses of stores',
          'Attempts to open an image or file by how they ended, and stores that were open and are gone. failed again and again: the reason is in the table beside. lost: fenced or unreachable.',
          'ops',
          [
            p.target(q.sum(q.rate(q.lun('lungate_lun_opens_total')), ['result']), 'open {{result}}'),
            p.target(q.sum(q.rate(q.lun('lungate_lun_losses_total'))), 'lost'),
          ],
        ),
        tables.table(
          'LUNs offline, and why',
          'Empty is good. missing, denied, invalid: correct image, rights or configuration. locked: another client, or the former self of this gateway, holds the image. unreachable, fenced: Ceph.',
          q.per_lun + ['reason'],
          [{ name: 'offline', hidden: true, unit: 'short', expr: q.max(q.lun('lungate_lun_offline_info'), q.per_lun + ['reason']) }],
        ),
      ],
    },
    {
      height: 7,
      panels: [
        p.lines(
          'RADOS clients',
          'Connections that each gateway holds to Ceph, one for 16 images. Fewer: some could not be opened again, the journal says why. A fenced client is replaced by a new one.',
          'short',
          [p.target(q.sum(q.gateway('lungate_ceph_clients'), ['gateway']), '{{gateway}}')],
        ),
        p.lines(
          'Fenced clients and calls given up',
          'Per second. fenced: another client or a person put us on the blocklist; `ceph osd blocklist ls`. given up: Ceph did not answer in time, `ceph health detail`.',
          'ops',
          [
            p.target(q.sum(q.rate(q.gateway('lungate_ceph_clients_fenced_total')), ['gateway']), '{{gateway}} fenced'),
            p.target(q.sum(q.rate(q.gateway('lungate_ceph_timeouts_total')), ['gateway']), '{{gateway}} given up'),
          ],
        ),
        p.lines(
          'How full the places are',
          'Used share of the pool or file system behind each LUN, the %d fullest. A slope that meets %g within days: order disks now.' % [config.top, config.full_critical],
          'percentunit',
          [p.target(q.highest(config.top, q.lun('lungate_lun_place_used_ratio'), q.per_lun), '{{gateway}} {{target}} {{lun}}')],
          bad=[c.warning(config.full_warning), c.critical(config.full_critical)],
          max=1,
        ) + p.see('lungate-lun'),
      ],
    },
  ],
};

local optional = ' Optional: needs ceph-mgr and its prometheus module as a scrape job; else it is empty.';

local own_view(config) = {
  title: 'What does Ceph say? (optional: needs the metrics of ceph-mgr)',
  lines: [{
    height: 7,
    panels: [
      p.states(
        'Health of the cluster',
        'As `ceph health` says it. WARN or ERR at the time our latency rose: `ceph health detail` first.' + optional,
        q.max(q.foreign('ceph_health_status')),
        'cluster',
        { '0': ['OK', 'green'], '1': ['WARN', 'orange'], '2': ['ERR', 'red'] },
      ),
      p.lines(
        'Slowest OSDs',
        'Commit latency of the %d slowest OSDs (writes only). One far above the others slows every write that reaches it: look at its disk before `ceph osd out`, which moves data.' % config.top + optional,
        'ms',
        [p.target(q.highest(config.top, q.foreign('ceph_osd_commit_latency_ms'), ['ceph_daemon']), '{{ceph_daemon}}')],
      ),
      p.lines(
        'Slow operations',
        'Operations that OSDs complain about (30 s). Not 0: I/O of ours hangs in there; `ceph health detail` names the OSDs.' + optional,
        'short',
        [p.target(q.max(q.foreign('ceph_healthcheck_slow_ops')), 'slow operations')],
      ),
      p.lines(
        'Fullest pools',
        'Used share of the %d fullest pools, those without LUNs too. Near full: add OSDs or delete.' % config.top + optional,
        'percentunit',
        [p.target('(%s) * on (pool_id) group_left (name) %s' % [
          q.highest(config.top, q.foreign('ceph_pool_percent_used'), ['pool_id']),
          q.max(q.foreign('ceph_pool_metadata'), ['pool_id', 'name']),
        ], '{{name}}')],
        max=1,
      ),
    ],
  }],
};

function(config) dashboard(
  config,
  'lungate-ceph',
  'lungate Ceph',
  'The store behind the LUNs of lungate: is it Ceph or us, does it answer, how full is it.',
  ['gateway'],
  [is_it_fine(config), who(config), opens(config), own_view(config)],
)
