// SPDX-License-Identifier: LGPL-2.1-or-later
// One gateway (or those chosen): rate, errors and duration of what it serves; use, saturation and errors
// of what it serves with.
local c = import 'colours.libsonnet';
local dashboard = import 'dashboard.libsonnet';
local p = import 'panels.libsonnet';
// All LUNs of the chosen gateways: one LUN has its own dashboard.
local q = (import 'queries.libsonnet') + { lun:: self.gateway };
local tables = import 'tables.libsonnet';

local per_loop = ['gateway', 'loop'];
local per_portal = ['gateway', 'portal'];
local busy = q.rate(q.gateway('lungate_event_loop_busy_seconds_total'));

local are_we_fine(config) = {
  title: 'Is it fine?',
  lines: [{
    height: 4,
    panels: [
      p.stat(
        'State',
        'Whether every chosen gateway serves. down: `systemctl status lungate-target` there, then `journalctl -u lungate-target -n 50`.',
        'short',
        q.min(q.gateway('lungate_shm_up')),
        states={ '0': ['down', 'red'], '1': ['up', 'green'] },
      ),
      p.stat(
        'Up for',
        'Time since the youngest of the chosen targets started. Shorter than you expect: it crashed or somebody restarted it, the journal says which.',
        's',
        'time() - ' + q.max(q.gateway('lungate_process_start_time_seconds')),
      ),
      p.stat(
        'Sessions',
        'Sessions that are logged in. Fewer than the hosts that should be here (times portals, where they use several): see the initiators.',
        'short',
        q.sum(q.gateway('lungate_sessions')),
      ) + p.see('lungate-initiators'),
      p.stat(
        'p99',
        'Of reads and writes together, all LUNs of the chosen gateways. High here and low elsewhere: this host; look at loops and stages below.',
        's',
        q.fleet_latency('0.99', 'read|write'),
        decimals=1,
        empty='no I/O',
      ),
      p.stat(
        'Busiest loop',
        'Share of time that the busiest event loop works. Near 100 % everything on it waits, and its backend times grow, too: raise `loops` (a restart) if cores are free.',
        'percentunit',
        q.max(busy),
        [c.warning(config.busy_warning)],
        decimals=0,
      ),
      p.stat(
        'Heartbeat age',
        'Time since the most silent loop said that it lives; it beats each second. Above %d s the target hangs: is it stopped, starved of CPU, blocked in a call?' % config.heartbeat_warning_s,
        's',
        q.max(q.gateway('lungate_shm_heartbeat_age_seconds')),
        [c.warning(config.heartbeat_warning_s), c.critical(config.heartbeat_critical_s)],
        decimals=1,
      ) + p.see('lungate-exporter'),
    ],
  }],
};

local rate_errors_duration = {
  title: 'What does it serve? Rate, errors, duration',
  lines: [{
    height: 8,
    panels: [
      p.lines(
        'IOPS by operation',
        'Commands that ended, per second. A fall while sessions stay: the initiators went quiet, or everything hangs; the age of the oldest I/O on the overview tells which.',
        'iops',
        [p.target(q.sum(q.operations(), ['op']), '{{op}}')],
      ),
      p.lines(
        'Errors by class',
        'Commands that did not end in GOOD. medium, hardware, not_ready, aborted: storage fails, read the journal. busy, task_set_full: more comes than is taken.',
        'ops',
        [p.target(q.sum(q.gateway('gateway:lungate_lun_op_errors:rate1m'), ['sense']), '{{sense}}')],
      ) + p.see('lungate-lun'),
      p.lines(
        'Latency, reads and writes',
        'p99.9 alone high: single slow disks or scrubs. p50 climbs too: load or Ceph; the stages beside say which.',
        's',
        [
          p.target(q.fleet_latency('0.5', 'read|write'), 'p50'),
          p.target(q.fleet_latency('0.99', 'read|write'), 'p99'),
          p.target(q.fleet_latency('0.999', 'read|write'), 'p99.9'),
        ],
      ) + p.see('lungate-lun'),
      p.lines(
        'Stages, p99',
        'Where the tail comes from. backend is Ceph or the file: see the dashboard of Ceph. queue is ours: raise `loops` or spread sessions. receive, send: the network.',
        's',
        [p.target(q.quantile('0.99', q.gateway('lungate_stage_duration_seconds_bucket', ['op=~"read|write"']), ['stage']), '{{stage}}')],
      ) + p.see('lungate-ceph'),
    ],
  }],
};

local loops(config) = {
  title: 'What is full? Event loops and CPU',
  lines: [
    {
      height: 8,
      panels: [
        p.lines(
          'Event loops, busy share',
          'The %d busiest. One near 100 %% and others idle: sessions are unevenly spread, `lungate sessions` has the loop of each. All: raise `loops` or add a gateway. Dashed: %g.' % [config.top, config.busy_warning],
          'percentunit',
          [p.target(q.leaders(config.top, q.max(busy, per_loop), per_loop), '{{gateway}} loop {{loop}}')],
          bad=[c.warning(config.busy_warning)],
          max=1,
        ),
        p.lines(
          'Event loops, lag p99',
          'How late timers fire, the %d latest; it adds to every I/O of that loop. Above %g s the loop or the machine is overloaded: look at `vmstat 1` there.' % [config.top, config.lag_warning_s],
          's',
          [p.target(q.leaders(config.top, q.quantile('0.99', q.gateway('lungate_event_loop_lag_seconds_bucket'), per_loop), per_loop), '{{gateway}} loop {{loop}}')],
          bad=[c.warning(config.lag_warning_s)],
        ),
        p.lines(
          'Event loops, silence',
          'Longest silence of a loop, and longest turn in progress. A turn that grows is a call that blocks; silence without a turn is a process that was stopped or gets no CPU.',
          's',
          [
            p.target(q.max(q.gateway('lungate_event_loop_last_tick_age_seconds'), ['gateway']), '{{gateway}} silent'),
            p.target(q.max(q.gateway('lungate_event_loop_turn_age_seconds'), ['gateway']), '{{gateway}} in one turn'),
          ],
          bad=[c.warning(config.heartbeat_warning_s)],
        ),
      ],
    },
    {
      height: 8,
      panels: [
        p.lines(
          'Busy time of the loops',
          'Time per second that the loops of each gateway are busy. Near the number of `loops`: saturated, or short of CPU. Threads of librbd are not in it: compare with `top -H` on the host.',
          'none',
          [p.target(q.sum(busy, ['gateway']), '{{gateway}}')],
        ),
        p.lines(
          'Busy time per I/O',
          'Loop time per command that ended. Higher than yesterday at the same sizes: smaller batches (see work per turn), digests that were switched on, or a slower CPU.',
          's',
          [p.target(q.ratio(q.sum(busy, ['gateway']), q.sum(q.operations(), ['gateway'])), '{{gateway}}')],
        ),
        p.lines(
          'Work per turn of a loop',
          'Busy time per wake-up. Long turns make others on the loop wait: large I/O, or too many sessions on one loop. Very short ones under load: a client that sends byte by byte.',
          's',
          [p.target(q.ratio(q.sum(busy, ['gateway']), q.sum(q.rate(q.gateway('lungate_event_loop_turns_total')), ['gateway'])), '{{gateway}}')],
        ),
      ],
    },
  ],
};

local saturation(config) = {
  title: 'What waits? Windows, queues, connections',
  lines: [{
    height: 8,
    panels: [
      p.lines(
        'Windows that are full',
        'Share of their time that sessions had no place for another command, the mean of all. Above %g (dashed): the initiators queue too much, or the store is slow; see who on their dashboard.' % config.window_full_warning,
        'percentunit',
        [p.target(q.ratio(q.sum(q.rate(q.gateway('lungate_command_window_full_seconds_total')), ['gateway']), q.sum(q.gateway('lungate_sessions'), ['gateway'])), '{{gateway}}')],
        bad=[c.warning(config.window_full_warning)],
      ),
      p.lines(
        'Windows that filled, queues that were full',
        'How often a session filled its window, and how often a LUN answered TASK SET FULL. Steady: lower the queue depth of the initiators, see who on their dashboard.',
        'ops',
        [
          p.target(q.sum(q.rate(q.gateway('lungate_command_window_fulls_total')), ['gateway']), '{{gateway}} window'),
          p.target(q.sum(q.rate(q.lun('lungate_lun_task_set_full_total')), ['gateway']), '{{gateway}} task set'),
        ],
      ) + p.see('lungate-initiators'),
      p.lines(
        'Sessions and connections',
        'Connections far above sessions: something connects and never logs in. Both up and down together: look at the closes on the dashboard of the initiators.',
        'short',
        [
          p.target(q.sum(q.gateway('lungate_sessions'), ['gateway']), '{{gateway}} sessions'),
          p.target(q.sum(q.gateway('lungate_connections'), ['gateway']), '{{gateway}} connections'),
          p.target(q.sum(q.gateway('lungate_discovery_sessions'), ['gateway']), '{{gateway}} discovery'),
        ],
      ) + p.see('lungate-initiators'),
    ],
  }],
};

local sent_again =
  q.ratio(
    q.sum(q.rate(q.gateway('lungate_portal_retransmitted_bytes_total')), per_portal),
    q.sum(q.rate(q.gateway('lungate_portal_bytes_total', ['direction="send"'])), per_portal),
  );

local portals(config) = {
  title: 'Which way? Network and portals',
  lines: [{
    height: 8,
    widths: [6, 6, 12],
    panels: [
      p.lines(
        'Network',
        'Bytes on iSCSI connections, headers and digests included. Near what the interface carries: more portals on other interfaces, or another gateway.',
        'Bps',
        [p.target(q.sum(q.rate(q.gateway('lungate_network_bytes_total')), ['direction']), '{{direction}}')],
      ),
      p.lines(
        'Sent again',
        'The %d portals where TCP sends most again, as a share of the bytes sent. Each loss delays a read by some 200 ms, in no stage of lungate. Above 1 %%: `lungate sessions` says to whom (SENT AGAIN, DISORDER); then cables, ports, MTU, uplinks.' % config.top,
        'percentunit',
        [p.target(q.leaders(config.top, sent_again, per_portal), '{{gateway}} {{portal}}')],
      ),
      tables.table(
        'Portals',
        'What is connected where. No connection on a portal that hosts should use: firewall, VLAN, or the portal is missing in the discovery of the hosts. Disorder: TCP segments from hosts that came before an earlier one; a steady rate means loss on the way here.',
        per_portal,
        [
          { name: 'open', unit: 'short', expr: q.sum(q.gateway('lungate_portal_connections'), per_portal) },
          { name: 'accepted/s', unit: 'none', expr: q.sum(q.rate(q.gateway('lungate_portal_connections_accepted_total')), per_portal), decimals: 2 },
          { name: 'receive', unit: 'Bps', expr: q.sum(q.rate(q.gateway('lungate_portal_bytes_total', ['direction="receive"'])), per_portal) },
          { name: 'send', unit: 'Bps', expr: q.sum(q.rate(q.gateway('lungate_portal_bytes_total', ['direction="send"'])), per_portal) },
          { name: 'PDUs/s', unit: 'none', expr: q.sum(q.rate(q.gateway('lungate_portal_pdus_total')), per_portal), decimals: 0 },
          { name: 'disorder/s', unit: 'none', expr: q.sum(q.rate(q.gateway('lungate_portal_out_of_order_segments_total')), per_portal), decimals: 2 },
        ],
      ),
    ],
  }],
};

local configuration = {
  title: 'What changed? Build and configuration',
  lines: [{
    height: 7,
    widths: [14, 10],
    panels: [
      tables.table(
        'Build and configuration',
        'Gateways of one group should have one version, but for an upgrade, and one hash. Another hash: `lungate check` on both, then `lungate reload` where the old file is in force.',
        ['gateway', 'version', 'hash'],
        [
          {
            name: 'started',
            unit: 'dateTimeFromNow',
            expr: '%s * on (gateway) group_right () %s * on (gateway) group_left (hash) %s * 1000' % [
              q.max(q.gateway('lungate_process_start_time_seconds'), ['gateway']),
              q.max(q.gateway('lungate_build_info'), ['gateway', 'version']),
              q.max(q.gateway('lungate_config_info'), ['gateway', 'hash']),
            ],
          },
          {
            name: 'configured',
            unit: 'dateTimeFromNow',
            expr: '%s * on (gateway) group_right () %s * on (gateway) group_left (hash) %s * 1000' % [
              q.max(q.gateway('lungate_config_loaded_timestamp_seconds'), ['gateway']),
              q.max(q.gateway('lungate_build_info'), ['gateway', 'version']),
              q.max(q.gateway('lungate_config_info'), ['gateway', 'hash']),
            ],
          },
        ],
        sort='gateway',
        descending=false,
      ),
      p.lines(
        'Reloads',
        'Reloads of the configuration by how they ended, in each step of this panel. refused: the old configuration is still in force; the journal and `lungate check` name the line.',
        'short',
        [p.target(q.sum(q.increase(q.gateway('lungate_config_reloads_total')), ['gateway', 'result']), '{{gateway}} {{result}}')],
      ),
    ],
  }],
};

function(config) dashboard(
  config,
  'lungate-gateway',
  'lungate gateway',
  'One gateway of lungate: what it serves (rate, errors, duration) and with what (use, saturation, errors).',
  ['gateway'],
  [are_we_fine(config), rate_errors_duration, loops(config), saturation(config), portals(config), configuration],
)
