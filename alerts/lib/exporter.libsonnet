// SPDX-License-Identifier: LGPL-2.1-or-later
// Alerts about our own eyes: whether exporters answer, in time, completely, and to whom they should.
local r = import 'rule.libsonnet';

function(config)
  local select(metric) = '%s{job="%s"}' % [metric, config.job];
  local board = r.fleet.board('exporter');
  local alert(name, severity, expr, summary, description, wait='30s', keep=null) =
    r.alert(name, 'exporter', severity, expr, summary, description, board, wait, keep);
  local left_s = '%s - time()' % select('lungate_exporter_tls_certificate_expiry_timestamp_seconds');
  local certificate(severity, days, words) = alert(
    'CertificateExpiry',
    severity,
    '%s < %d * 86400' % [left_s, days],
    'The certificate of the exporter at {{ $labels.instance }} %s' % words,
    |||
      {{ if gt $value 0.0 }}It ends in {{ $value | humanizeDuration }}{{ else }}It has ended{{ end }}. After its end
      Prometheus refuses to scrape, and no alert about this gateway can fire.
    |||,
    '1h'
  );

  [r.group('exporter', [
    alert(
      'ExporterDown',
      'warning',
      select('up') + ' == 0',
      'The exporter at {{ $labels.instance }} does not answer',
      |||
        Prometheus cannot scrape {{ $labels.instance }} (up is {{ $value }}). The gateway may serve well: we are blind,
        and no other alert can tell.
      |||,
      '2m'
    ),
    alert(
      'JobMissing',
      'warning',
      'absent(%s)' % select('up'),
      'Prometheus has no target in the job %s' % config.job,
      |||
        absent(up) is {{ $value }}: nothing is scraped under job="%s", so none of the other alerts can fire. The scrape
        configuration was lost or renamed.
      ||| % config.job,
      '2m'
    ),
    // The companion of all others: a page that was fetched and has not what they look at.
    alert(
      'MetricsMissing',
      'warning',
      |||
        %(up)s == 1 unless on (job, instance) %(segment)s
        or %(segment)s == 1 unless on (job, gateway) %(loop)s
        or %(segment)s == 1 unless on (job, gateway) %(lun)s
      ||| % {
        up: select('up'),
        segment: select('lungate_shm_up'),
        loop: select('lungate_event_loop_busy_seconds_total'),
        lun: select('lungate_lun_up'),
      },
      'The page of {{ $labels.instance }} lacks what alerts look at{{ if $labels.gateway }}: gateway {{ $labels.gateway }}{{ end }}',
      |||
        It answers (the value here is {{ $value }}), but has no gateway, no event loops or no LUNs: another program
        listens there, a filter (collect[], metric_relabel_configs) is too narrow, or nothing is configured.
      |||,
      '2m'
    ),
    alert(
      'SeriesDropped',
      'warning',
      // Three units, so three metrics; one alert, for what to do is alike.
      std.join(' or ', [
        '%s > 0' % r.sum('job, instance, reason', 'increase(%s[10m])' % select('lungate_exporter_series_dropped_total')),
        'label_replace(%s, "reason", "lun", "", "") > 0' % r.sum('job, instance', 'increase(%s[10m])' % select('lungate_exporter_luns_repeated_total')),
        'label_replace(%s, "reason", "gateway", "", "") > 0' % r.sum('job, instance', 'increase(%s[10m])' % select('lungate_exporter_segments_refused_total')),
      ]),
      'The page of {{ $labels.instance }} is not complete',
      |||
        Within 10 min {{ $value | humanize }} {{ if eq $labels.reason "lun" }}LUNs{{ else if eq $labels.reason "gateway" }}gateways{{ else }}series{{ end }}
        were left out (reason: {{ $labels.reason }}).
        Alerts about them cannot fire.
      |||,
      '10m'
    ),
    alert(
      'ScrapeSlow',
      'warning',
      '%s > %g * %g' % [
        r.max('job, instance', 'avg_over_time(%s[5m])' % select('scrape_duration_seconds')),
        config.scrape_share,
        config.scrape_interval_s,
      ],
      'Scrapes of {{ $labels.instance }} are slow',
      |||
        They take {{ $value | humanizeDuration }} on average, of an interval of %g s. Longer than the interval, and
        data is lost.
      ||| % config.scrape_interval_s,
      '10m',
      '5m'
    ),
    certificate('warning', config.certificate.warning_days, 'ends soon'),
    certificate('critical', config.certificate.critical_days, 'ends within days'),
    alert(
      'ExporterAuthFailures',
      'warning',
      '%s > %g' % [
        r.sum('job, instance', 'rate(%s[5m])' % select('lungate_exporter_authentication_failures_total')),
        config.exporter_auth_failures_per_s,
      ],
      'Somebody is refused at the exporter at {{ $labels.instance }}',
      |||
        {{ $value | printf "%.2f" }} requests per second come with a wrong password or without one.
      |||,
      '5m'
    ),
  ])]
