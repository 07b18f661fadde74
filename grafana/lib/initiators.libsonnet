// SPDX-License-Identifier: LGPL-2.1-or-later
// Who is connected, who cannot get in, who drops out, and who uses what.
local c = import 'colours.libsonnet';
local dashboard = import 'dashboard.libsonnet';
local p = import 'panels.libsonnet';
local q = import 'queries.libsonnet';
local tables = import 'tables.libsonnet';

local per_second(metric, more=[], by=[]) = q.sum(q.rate(q.gateway(metric, more)), by);

local are_they_fine = {
  title: 'Are they fine?',
  lines: [{
    height: 4,
    panels: [
      p.stat(
        'Sessions',
        'Sessions that are logged in. Fewer than hosts (times portals, where they use several): `lungate sessions` lists who is there.',
        'short',
        q.sum(q.gateway('lungate_sessions')),
      ) + p.see('lungate-gateway'),
      p.stat(
        'Not logged in',
        'TCP connections that have not logged in. More than a few: something connects and never logs in (a port scanner, a load balancer that probes).',
        'short',
        'clamp_min(%s - %s - %s, 0)' % [q.sum(q.gateway(m)) for m in ['lungate_connections', 'lungate_sessions', 'lungate_discovery_sessions']],
        [c.warning(10)],
      ),
      p.stat(
        'Logins refused',
        'Per second. Above 0.1: a host with a wrong secret or name that tries again and again, or somebody guessing. The reasons are below, the journal names the peer.',
        'ops',
        per_second('lungate_logins_total', ['result!="success"']),
        [c.warning(0.1), c.critical(1)],
        decimals=2,
      ),
      p.stat(
        'Sources turned away',
        'Addresses whose logins have failed so often that they are refused for some seconds. Not 0: somebody guesses, or a host has an old secret; the journal names it.',
        'short',
        q.sum(q.gateway('lungate_login_sources_refused')),
        [c.warning(1)],
      ),
      p.stat(
        'Sessions lost',
        'Per second, by the network or a host. Above 0.1: the network or a host flaps; the reasons are below.',
        'ops',
        per_second('lungate_session_closes_total', ['reason!~"admin|discovery_timeout|drained|evicted|logout"']),
        [c.warning(0.1), c.critical(1)],
        decimals=2,
      ),
      p.stat(
        'Digest errors',
        'PDUs with a wrong CRC32C, in the time range above. Never normal: a NIC, cable, switch or driver corrupts data. Compare `ethtool -S` on both ends.',
        'short',
        q.sum(q.over_the_range(q.gateway('lungate_digest_errors_total'))),
        [c.warning(0.5), c.critical(10)],
        decimals=0,
        instant=true,
      ),
    ],
  }],
};

local who_cannot_get_in = {
  title: 'Who cannot get in?',
  lines: [{
    height: 8,
    panels: [
      p.lines(
        'Logins by result',
        'success that goes on and on: sessions that break and come again, see churn. limit: the gateway is full. protocol: not an initiator at all.',
        'ops',
        [p.target(per_second('lungate_logins_total', by=['result']), '{{result}}')],
      ),
      p.lines(
        'Failed logins by reason',
        'wrong_secret, unknown_user: a mistyped secret or somebody guessing. not_allowed: the name is in no access list. no_method, no_digest: both ends disagree. The journal names the peer.',
        'ops',
        [p.target(per_second('lungate_login_failures_total', by=['reason']), '{{reason}}')],
      ),
      p.lines(
        'Connections refused by reason',
        'limit: the bound of the gateway; address: that of one source, which the journal names; system: descriptors or memory, raise the limits of the unit.',
        'ops',
        [p.target(per_second('lungate_connections_refused_total', by=['reason']), '{{reason}}')],
      ),
    ],
  }],
};

local who_drops_out(config) = {
  title: 'Who drops out?',
  lines: [
    {
      height: 8,
      panels: [
        p.lines(
          'Closes by reason',
          'logout is planned. nop_timeout, peer_closed: network or host. digest: corruption. stalled: this process was paused. drained: a stop or a reload of ours.',
          'ops',
          [p.target(per_second('lungate_session_closes_total', by=['reason']), '{{reason}}')],
        ) + p.see('lungate-gateway'),
        p.lines(
          'Churn',
          'Connections accepted per second for each session that is there. Steadily above 0.01: hosts reconnect in a loop; find them in the journal.',
          'none',
          [p.target(q.ratio(per_second('lungate_connections_accepted_total', by=['gateway']), q.sum(q.gateway('lungate_sessions'), ['gateway'])), '{{gateway}}')],
        ),
        p.lines(
          'Pings without answer',
          'Initiators that did not answer a NOP-In in time; each costs a session. Many hosts at once: the network; one host: that host, or a path that loses packets one way.',
          'ops',
          [p.target(per_second('lungate_nop_timeouts_total', by=['gateway']), '{{gateway}}')],
        ) + p.see('lungate-gateway'),
      ],
    },
    {
      height: 8,
      panels: [
        p.lines(
          'Digest errors by kind',
          'header or data. Never normal: something on the way corrupts what the checksum of TCP lets through. Change NIC, cable or port; switch offloads off to find out.',
          'ops',
          [p.target(per_second('lungate_digest_errors_total', by=['gateway', 'kind']), '{{gateway}} {{kind}}')],
        ),
        p.lines(
          'Protocol errors',
          'PDUs that break RFC 7143. An initiator with a bug, or no initiator: the journal names peer or session; tell its vendor.',
          'ops',
          [p.target(per_second('lungate_pdu_protocol_errors_total', by=['gateway']), '{{gateway}}')],
        ),
        p.lines(
          'Rejects by reason',
          'Reject PDUs that we sent. unsupported is harmless; the others are an initiator that does not keep to what was agreed: the journal names it.',
          'ops',
          [p.target(per_second('lungate_rejects_total', by=['reason']), '{{reason}}')],
        ),
      ],
    },
  ],
};

local by = ['initiator'];
local operations(by) = q.sum(q.rate(q.initiator('lungate_initiator_ops_total')), by);
local bytes(by) = q.sum(q.rate(q.initiator('lungate_initiator_bytes_total')), by);
local latency(by) = q.ratio(
  q.sum(q.rate(q.initiator('lungate_initiator_latency_seconds_total')), by), operations(by)
);
local slow(by) = q.sum(q.rate(q.initiator('lungate_initiator_slow_ops_total')), by);

local who_uses_what(config) =
  local per_pair = by + q.per_lun;
  local ranking = q.top(2 * config.top, operations(per_pair));
  local among(expr) = q.among(expr, per_pair, ranking);
  {
    title: 'Who uses what?',
    lines: [
      {
        height: 9,
        panels: [
          tables.table(
            'Who uses which LUN',
            'The %d busiest pairs of initiator and LUN (no name: without a slot). A LUN with two initiators that are no cluster is data at risk: take one off its access list. Click on the LUN to see it alone.' % (2 * config.top),
            per_pair,
            [
              { name: 'IOPS', unit: 'iops', expr: ranking },
              { name: 'throughput', unit: 'Bps', expr: among(bytes(per_pair)) },
              { name: 'latency', unit: 's', expr: among(latency(per_pair)) },
              { name: 'slow/s', unit: 'none', expr: among(slow(per_pair)), steps: [c.warning(0.1)], decimals: 2 },
            ],
          ),
        ],
      },
      {
        height: 8,
        panels: [
          p.lines(
            'Top initiators, IOPS',
            'The %d busiest. One far above the others while latency rises: limit it at its host. All fall at once: the gateway or Ceph.' % config.top,
            'iops',
            [p.target(q.leading_initiators(config.top, operations(by)), '{{initiator}}')],
          ),
          p.lines(
            'Top initiators, throughput',
            'The %d with most data. A backup or a migration shows here: move it to another hour, or to a gateway of its own.' % config.top,
            'Bps',
            [p.target(q.leading_initiators(config.top, bytes(by)), '{{initiator}}')],
          ),
        ],
      },
      {
        height: 8,
        panels: [
          p.lines(
            'Slowest initiators',
            'Mean latency of the %d slowest. One slow alone on LUNs that serve others well: its network or its HBA; all of one LUN: the LUN.' % config.top,
            's',
            [p.target(q.leading_initiators(config.top, latency(by)), '{{initiator}}')],
          ) + p.see('lungate-lun'),
          p.lines(
            'Slow I/O by initiator',
            'Reads and writes above the service level, the %d with most. Who suffers first: call them before they call you.' % config.top,
            'ops',
            [p.target(q.leading_initiators(config.top, slow(by)), '{{initiator}}')],
          ) + p.see('lungate-lun'),
        ],
      },
      {
        height: 6,
        panels: [
          p.lines(
            'Initiators without a slot',
            'Pairs of initiator and LUN that are counted under no name because all slots are taken. Steady: more pairs than the segment holds, or names that change; see the access lists.',
            'ops',
            [p.target(per_second('lungate_initiators_without_slot_total', by=['gateway']), '{{gateway}}')],
          ),
          p.lines(
            'Commands that wait for their initiator',
            'For how long, on the %d LUNs where it is longest: for data that was asked for, or for an earlier command. Not the store: `lungate slowlog` names the host (stuck in receive); see its network.' % config.top,
            's',
            [p.target(q.highest(config.top, q.lun('lungate_lun_oldest_waiting_seconds'), q.per_lun), '{{gateway}} {{target}} {{lun}}')],
          ) + p.see('lungate-lun'),
          p.lines(
            'Errors by initiator',
            'Commands that did not end in GOOD, the %d with most. One alone: a driver that asks for what we have not; all: storage, see the errors of the LUN.' % config.top,
            'ops',
            [p.target(q.leading_initiators(config.top, q.sum(q.rate(q.initiator('lungate_initiator_errors_total')), by)), '{{initiator}}')],
          ),
        ],
      },
    ],
  };

function(config) dashboard(
  config,
  'lungate-initiators',
  'lungate initiators',
  'Initiators and sessions of lungate: who cannot get in, who drops out, who uses what.',
  ['gateway', 'target', 'lun', 'initiator'],
  [are_they_fine, who_uses_what(config), who_cannot_get_in, who_drops_out(config)],
)
