// SPDX-License-Identifier: LGPL-2.1-or-later
// Two things that are looked at rarely and must be right: what is left of the error budgets, and
// whether those who measure are well.
local c = import 'colours.libsonnet';
local dashboard = import 'dashboard.libsonnet';
local p = import 'panels.libsonnet';
local q = import 'queries.libsonnet';
local tables = import 'tables.libsonnet';

local lowest(count, expr) = 'bottomk(%d, %s)' % [count, expr];

local are_we_fine(config) = {
  title: 'Are we fine?',
  lines: [{
    height: 4,
    panels: [
      p.stat(
        'LUNs over budget, of this time range',
        'LUNs that were slower than agreed over the time range above (choose 30 days for the month). Not 0: the table below names them; see each on its dashboard.',
        'short',
        '%s or vector(0)' % q.count(q.budget_left() + ' < 0'),
        [c.warning(1)],
        instant=true,
      ),
      p.stat(
        'Exporters down',
        'Exporters that Prometheus cannot reach. Not 0: we are blind there, I/O may be well; `systemctl status lungate-exporter`, firewall, certificate.',
        'short',
        q.sum('1 - ' + q.exporter('up')),
        [c.warning(1)],
      ),
      p.stat(
        'Segments down',
        'Segments without a living target, or that the exporter cannot read. Not 0: the reasons are below.',
        'short',
        q.sum('1 - ' + q.gateway('lungate_shm_up')),
        [c.critical(1)],
      ) + p.see('lungate-gateway'),
      p.stat(
        'Longest scrape',
        'How long the slowest exporter took for its page. Above %g s, half the scrape interval: a longer interval, or fewer metrics (`collect[]`).' % config.scrape_warning_s,
        's',
        q.max(q.exporter('lungate_exporter_scrape_duration_seconds')),
        [c.warning(config.scrape_warning_s)],
        decimals=1,
      ),
      p.stat(
        'Series',
        'Series on the pages of all exporters, about 140 per LUN. Much more than before: new LUNs or initiators, or names that change; see the capacity of Prometheus.',
        'short',
        q.sum(q.exporter('lungate_exporter_series')),
      ),
      p.stat(
        'Certificate expires in',
        'Of the exporter whose certificate ends first. Below 30 days: renew it, the exporter takes the new file. Nothing here: no TLS.',
        's',
        '%s - time()' % q.min(q.exporter('lungate_exporter_tls_certificate_expiry_timestamp_seconds')),
        c.falling(config.certificate_warning_s, config.certificate_critical_s),
        decimals=0,
        empty='no TLS',
      ),
    ],
  }],
};

local budgets(config) =
  local ranking = lowest(2 * config.top, q.budget_left());
  local among(expr) = q.among(expr, q.per_lun, ranking);
  local burn(title, window, level, words) = p.lines(
    title,
    words,
    'none',
    [p.target(q.recorded_burns(config.top, window), '{{gateway}} {{target}} {{lun}} {{op}}')],
    bad=[c.critical(level)],
  ) + p.see('lungate-lun');
  {
    title: 'What is left of the budgets?',
    lines: [
      {
        height: 8,
        panels: [
          tables.table(
            'Latency budget left, of this time range',
            'Of slow I/O, the %d LUNs that do worst over the time range above; 30 days is the month. Failed I/O has a budget of its own, below. Below 0: slower than agreed; click on the LUN for the stage, or agree on another level (`slo`).' % (2 * config.top),
            q.per_lun,
            [
              { name: 'left', unit: 'percentunit', expr: ranking, falling: c.falling(0.25, 0), decimals: 1 },
              { name: 'objective', unit: 'percentunit', expr: among(q.max(q.lun('lungate_lun_slo_objective_ratio'), q.per_lun)), decimals: 2 },
              { name: 'reads within', unit: 's', expr: among(q.max(q.lun('lungate_lun_slo_threshold_seconds', ['op="read"']), q.per_lun)) },
              { name: 'writes within', unit: 's', expr: among(q.max(q.lun('lungate_lun_slo_threshold_seconds', ['op="write"']), q.per_lun)) },
              { name: 'IOPS', unit: 'iops', expr: among(q.sum(q.operations(), q.per_lun)) },
            ],
            descending=false,
          ),
        ],
      },
      {
        height: 8,
        panels: [
          burn(
            'Burn rate, 1 h',
            '1h',
            config.burn_critical,
            'The %d LUNs that burn fastest, from the recording rules. Above %g (dashed) a month is gone in two days and the alert pages: see the stages of that LUN.' % [config.top, config.burn_critical],
          ),
          burn(
            'Burn rate, 6 h',
            '6h',
            config.burn_warning,
            'As beside, slower; the %d LUNs that burn fastest. Above %g (dashed) a month is gone in five days: find out when it began and what changed then.' % [config.top, config.burn_warning],
          ),
          p.lines(
            'Failed I/O, 1 h',
            'Share of commands that storage failed, that were taken back or took over 30 s, of the %d LUNs that do worst; from the recording rules. At %g %% (dashed) the alert pages; above 0: see the errors of that LUN.' % [config.top, 100 * config.failed_critical],
            'percentunit',
            [p.target(q.highest(config.top, q.lun('lun:lungate_lun_op_failed:ratio_rate1h'), q.per_lun), '{{gateway}} {{target}} {{lun}}')],
            bad=[c.critical(config.failed_critical)],
          ) + p.see('lungate-lun'),
        ],
      },
    ],
  };

local segments(config) = {
  title: 'Who is not read? Segments',
  lines: [{
    height: 8,
    panels: [
      tables.table(
        'Segments and why they are not up',
        'Empty is good. absent, dead, stopped: the target does not run. version, schema: upgrade the other package. truncated, foreign, corrupt: who else writes there? duplicate: rename one.',
        ['gateway', 'segment', 'reason'],
        [{ name: 'fault', hidden: true, unit: 'short', expr: q.max(q.gateway('lungate_shm_fault'), ['gateway', 'segment', 'reason']) + ' == 1' }],
      ),
      p.lines(
        'Heartbeat age',
        'Time since the most silent loop of each target said that it lives. Above %d s (dashed) the target hangs: `ps -o stat,wchan -C lungate-target` on its host.' % config.heartbeat_warning_s,
        's',
        [p.target(q.max(q.gateway('lungate_shm_heartbeat_age_seconds'), ['gateway']), '{{gateway}}')],
        bad=[c.warning(config.heartbeat_warning_s)],
      ) + p.see('lungate-gateway'),
      p.lines(
        'Reads that were repeated or given up',
        'Slots that changed while they were read. Retries at reloads are normal. skipped: a writer died within a change, or the segment is damaged; restart the target when you can.',
        'ops',
        [
          p.target(q.sum(q.rate(q.gateway('lungate_shm_read_retries_total')), ['gateway']), '{{gateway}} retried'),
          p.target(q.sum(q.rate(q.gateway('lungate_shm_slots_skipped_total')), ['gateway']), '{{gateway}} skipped'),
        ],
      ),
    ],
  }],
};

local exporters(config) = {
  title: 'Who measures badly? Exporters',
  lines: [
    {
      height: 8,
      panels: [
        p.lines(
          'Time of a scrape',
          'How long each exporter took for the page before. Above half the scrape interval: a longer interval, or fewer LUNs per exporter.',
          's',
          [p.target(q.max(q.exporter('lungate_exporter_scrape_duration_seconds'), ['instance']), '{{instance}}')],
          bad=[c.warning(config.scrape_warning_s)],
        ),
        p.lines(
          'Series by exporter',
          'What each page holds. A step is a reload; a slow climb is initiators with ever new names. Near the cap: series are dropped, see beside.',
          'short',
          [p.target(q.max(q.exporter('lungate_exporter_series'), ['instance']), '{{instance}}')],
        ),
        p.lines(
          'Left out of pages',
          'Series beyond a bound. limit: the cap on series is reached; raise it, or leave groups out with `collect[]`. bytes: the page has reached its memory; a second exporter for some segments. LUNs and segments that are there twice, once per scrape: rename one.',
          'ops',
          [
            p.target(q.sum(q.rate(q.exporter('lungate_exporter_series_dropped_total')), ['reason']), 'series: {{reason}}'),
            p.target(q.sum(q.rate(q.exporter('lungate_exporter_luns_repeated_total')), ['instance']), 'LUNs: {{instance}}'),
            p.target(q.sum(q.rate(q.exporter('lungate_exporter_segments_refused_total')), ['instance']), 'segments: {{instance}}'),
          ],
        ),
      ],
    },
    {
      height: 8,
      panels: [
        p.lines(
          'Scrapes and refused ones',
          'Scrapes per second of each exporter, and requests with a wrong name or password. More scrapes than you have Prometheus servers: who else reads? refused: an old password somewhere.',
          'ops',
          [
            p.target(q.sum(q.rate(q.exporter('lungate_exporter_scrapes_total')), ['instance']), '{{instance}}'),
            p.target(q.sum(q.rate(q.exporter('lungate_exporter_authentication_failures_total')), ['instance']), '{{instance}} refused'),
          ],
        ),
        p.lines(
          'Slow I/O that was not kept',
          'Slow operations that found no place in the log of slow I/O (`lungate slowlog`). Many: nearly everything is slow, so look at the latency itself; the counters have all of them.',
          'ops',
          [p.target(q.sum(q.rate(q.gateway('lungate_slow_records_dropped_total')), ['gateway']), '{{gateway}}')],
        ),
        tables.table(
          'Versions',
          'Of exporters and of the layout of each segment. A target with a newer minor layout than its exporter: its newest counters are not shown; upgrade the exporter.',
          ['instance', 'gateway', 'layout', 'exporter'],
          [{
            name: 'same',
            hidden: true,
            unit: 'short',
            expr: 'max by (instance, gateway, layout) (label_replace(%s, "layout", "$1", "version", "(.*)")) * on (instance) group_left (exporter) max by (instance, exporter) (label_replace(%s, "exporter", "$1", "version", "(.*)"))' % [
              q.gateway('lungate_shm_layout_info'),
              q.exporter('lungate_exporter_build_info'),
            ],
          }],
          sort='instance',
          descending=false,
        ),
      ],
    },
  ],
};

function(config) dashboard(
  config,
  'lungate-exporter',
  'lungate exporter and budgets',
  'Error budgets of the LUNs of lungate, and the health of what measures them.',
  ['gateway', 'target', 'lun'],
  [are_we_fine(config), budgets(config), segments(config), exporters(config)],
)
