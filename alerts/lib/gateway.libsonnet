// SPDX-License-Identifier: LGPL-2.1-or-later
// Alerts about a gateway's process: is it there, does it turn, is it what was configured?
local r = import 'rule.libsonnet';

function(config)
  local select(metric, matchers='') = '%s{job="%s"%s}' % [metric, config.job, matchers];
  local alert(name, severity, expr, summary, description, wait='30s', keep=null) =
    r.alert(name, 'gateway', severity, expr, summary, description, r.gateway.board('gateway'), wait, keep);
  local mismatch = select('lungate_shm_fault', ', reason=~"schema|version"') + ' == 1';

  local process = [
    alert(
      'TargetDown',
      'critical',
      '%s == 0\nunless on (job, instance, gateway, segment) (%s)' % [select('lungate_shm_up'), mismatch],
      'Gateway %s is down' % r.gateway.words,
      |||
        lungate-target of {{ $labels.gateway }} does not serve (lungate_shm_up is {{ $value }}, segment {{
        $labels.segment }}, reason: {{ with query (printf `lungate_shm_fault{gateway=%q,segment=%q} == 1`
        $labels.gateway $labels.segment) }}{{ (. | first).Labels.reason }}{{ end }}). Initiators without another path
        get I/O errors after their replacement timeout (Linux: 120 s).
      |||,
    ),
    // Until a segment tells its gateway's name it goes by the file's: who has its file has its place.
    alert(
      'GatewayMissing',
      'warning',
      |||
        max by (job, instance, gateway, segment) (last_over_time(%(up)s[1h]))
        unless on (job, gateway) %(up)s
        unless on (job, instance, segment) %(up)s
        unless on (job, instance) up{job="%(job)s"} == 0
      ||| % { up: select('lungate_shm_up'), job: config.job },
      'Nothing reports gateway %s any more' % r.gateway.words,
      |||
        It was seen within the last hour (lungate_shm_up was {{ $value }}), and no exporter that is scraped now knows
        it: no alert about it can fire.
      |||,
      '2m'
    ),
    // Of a host that is dead nothing reports anything: what its exporter said last is all that is known.
    alert(
      'GatewayUnreachable',
      'critical',
      |||
        max by (job, instance, gateway) (max_over_time(%(sessions)s[6h])) > 0
        unless on (job, gateway) %(sessions)s
        and on (job, instance) up{job="%(job)s"} == 0
      ||| % { sessions: select('lungate_sessions'), job: config.job },
      'Gateway %s does not answer, and hosts used it' % r.gateway.words,
      |||
        Prometheus does not reach {{ $labels.instance }}. Within the last 6 h the gateway had up to {{ $value }}
        sessions: either its host is dead or cut off, and their disks with it, or the exporter alone is.
      |||,
      '1m'
    ),
    alert(
      'LayoutMismatch',
      'warning',
      mismatch,
      'Target and exporter of %s are of different releases' % r.gateway.words,
      |||
        The exporter cannot read {{ $labels.segment }} (lungate_shm_fault is {{ $value }}, reason: {{ $labels.reason
        }}). The gateway may serve well: we are blind.
      |||,
      '1m'
    ),
    alert(
      'SegmentDamaged',
      'warning',
      '%s > 0' % r.sum(r.of_gateway, 'increase(%s[10m])' % select('lungate_shm_slots_skipped_total')),
      'The exporter cannot read some LUNs of %s' % r.gateway.words,
      |||
        {{ $value | humanize }} times within 10 min a LUN was left out of a scrape because its slot kept changing or
        held nonsense.
      |||
    ),
    alert(
      'RestartLoop',
      'critical',
      'changes(%s[15m]) > %g' % [select('lungate_process_start_time_seconds'), config.restarts_max],
      'Gateway %s restarts again and again' % r.gateway.words,
      |||
        lungate-target has started {{ $value }} times within 15 min. Each start interrupts the I/O of all initiators.
      |||
    ),
    alert(
      'ReloadRefused',
      'warning',
      '%s > 0' % r.sum(r.of_gateway, 'increase(%s[15m])' % select('lungate_config_reloads_total', ', result="refused"')),
      'Gateway %s has refused a configuration' % r.gateway.words,
      |||
        {{ $value | humanize }} reloads within 15 min were refused. It serves on with the configuration before; the
        one on disk has a mistake, or needs a restart.
      |||
    ),
  ];

  local p99 = r.record(
    'loop:lungate_event_loop_lag_seconds:p99_rate5m',
    'histogram_quantile(0.99, sum by (le, job, gateway, loop) (rate(%s[5m])))' % select('lungate_event_loop_lag_seconds_bucket')
  );
  local lag(severity, limit_s, words) = alert(
    'EventLoopLag',
    severity,
    'loop:lungate_event_loop_lag_seconds:p99_rate5m > %g' % limit_s,
    'Event loop {{ $labels.loop }} of %s %s' % [r.gateway.words, words],
    |||
      One timer in a hundred fires more than {{ $value | humanizeDuration }} late. That much is added to the latency of
      every I/O of this loop.
    |||,
    '5m',
    '5m'
  );
  local age = select('lungate_shm_heartbeat_age_seconds');
  local loops = [
    alert(
      'HeartbeatStale',
      'warning',
      '%s > %g' % [age, config.heartbeat.warning_s],
      'Gateway %s misses heartbeats' % r.gateway.words,
      |||
        The most silent event loop of {{ $labels.gateway }} was last heard {{ $value | humanizeDuration }} ago; it beats
        each second. Its initiators wait.
      |||,
      wait=null
    ),
    alert(
      'HeartbeatStale',
      'critical',
      '%s > %g' % [age, config.heartbeat.critical_s],
      'Gateway %s hangs' % r.gateway.words,
      |||
        The most silent event loop of {{ $labels.gateway }} was last heard {{ $value | humanizeDuration }} ago; it beats
        each second. The process lives but does not serve: initiators drop their sessions.
      |||,
      '15s'
    ),
    lag('warning', config.loop_lag.warning_s, 'is late'),
    lag('critical', config.loop_lag.critical_s, 'is very late'),
    alert(
      'EventLoopBusy',
      'warning',
      '%s > %g' % [
        r.sum('job, gateway, loop', 'rate(%s[5m])' % select('lungate_event_loop_busy_seconds_total')),
        config.loop_busy,
      ],
      'Event loop {{ $labels.loop }} of %s is saturated' % r.gateway.words,
      |||
        It was busy for {{ $value | humanizePercentage }} of the last 5 min. Everything on it waits in a queue.
      |||,
      '10m',
      '5m'
    ),
  ];

  [
    r.group('loops', [p99], '30s'),
    r.group('gateway', process + loops),
  ]
