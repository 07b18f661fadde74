// SPDX-License-Identifier: LGPL-2.1-or-later
// Alerts about sessions, logins and what comes over the wire.
local r = import 'rule.libsonnet';

function(config)
  local select(metric, matchers='') = '%s{job="%s"%s}' % [metric, config.job, matchers];
  local alert(name, severity, expr, summary, description, wait='30s', keep=null) =
    r.alert(name, 'iscsi', severity, expr, summary, description, r.gateway.board('initiators'), wait, keep);
  local increase(metric, matchers, window, by=r.of_gateway) =
    r.sum(by, 'increase(%s[%s])' % [select(metric, matchers), window]);
  local sessions = r.sum(r.of_gateway, select('lungate_sessions'));

  local paths = [
    alert(
      'SessionChurn',
      'warning',
      |||
        (
          %(closes)s > %(per)g * %(sessions)s
          and %(closes)s > %(least)g
        )
        or %(closes)s > %(many)g
      ||| % {
        closes: increase(
          'lungate_session_closes_total',
          ', reason!~"admin|discovery_timeout|drained|evicted|logout"',
          '10m'
        ),
        per: config.churn.per_session,
        sessions: sessions,
        least: config.churn.closes_min,
        many: config.churn.closes,
      },
      'Sessions on %s come and go' % r.gateway.words,
      |||
        {{ $value | humanize }} sessions ended within 10 min without a logout: more than %g for each that there is
        now, or more than %g. Each costs its initiator seconds of I/O.
      ||| % [config.churn.per_session, config.churn.closes],
      '5m',
      '5m'
    ),
    alert(
      'SessionsGone',
      'critical',
      '%s == 0\nand max_over_time(%s[1h]) > 0' % [
        sessions,
        'gateway:lungate_sessions:sum',
      ],
      'All initiators have left %s' % r.gateway.words,
      |||
        It has {{ $value }} sessions, and had some within the last hour. Its network, or the way to it, is likely
        down.
      |||,
      '2m'
    ),
    alert(
      'HostsGone',
      'warning',
      |||
        %(sessions)s < %(share)g * quantile_over_time(%(usual)g, gateway:lungate_sessions:sum[1h])
        and %(sessions)s > 0
      ||| % config.hosts_gone { sessions: sessions },
      'Some initiators have left %s' % r.gateway.words,
      |||
        It has {{ $value }} sessions: less than %g %% of what it had for minutes within the last hour. Each that is
        missing is a host without its disks, or with a path less.
      ||| % (100 * config.hosts_gone.share),
      '5m'
    ),
    r.alert(
      'PortalIdle',
      'iscsi',
      'warning',
      |||
        %s == 0
        and on (job, gateway) %s > 0
      ||| % [
        r.sum('job, gateway, portal', select('lungate_portal_connections')),
        r.sum(r.of_gateway, select('lungate_portal_connections')),
      ],
      'Nobody uses portal {{ $labels.portal }} of %s' % r.gateway.words,
      |||
        It has {{ $value }} connections, while other portals of the gateway have some: a path that hosts are meant to
        have is missing.
      |||,
      r.gateway.board('gateway'),
      '10m'
    ),
  ];

  local failures = r.sum(
    r.of_gateway,
    'rate(%s[5m])' % select('lungate_logins_total', ', result=~"acl_denied|auth_failure"')
  );
  // What a guesser sees once it is turned away counts on: the attack is not over because it is refused.
  local guesses = r.sum(
    r.of_gateway,
    'rate(%s[5m])' % select(
      'lungate_login_failures_total',
      ', reason=~"not_allowed|reflection|refused|unknown_user|wrong_secret"'
    )
  );
  local logins = [
    alert(
      'LoginFailures',
      'warning',
      '%s > %g' % [failures, config.login_failures_per_s],
      'Logins at %s are refused' % r.gateway.words,
      |||
        {{ $value | printf "%.1f" }} logins per second fail by name or secret. A mistyped secret makes that, or a host that
        was not let in.
      |||,
      '5m'
    ),
    alert(
      'AuthAttack',
      'critical',
      '%s > %g\nor %s > %g' % [
        guesses,
        config.attack.failures_per_s,
        r.max(r.of_gateway, select('lungate_login_sources_refused')),
        config.attack.sources,
      ],
      'Somebody tries names or secrets at %s' % r.gateway.words,
      |||
        More than %g failed logins per second over 5 min; or, where there are fewer, more than %g addresses that are
        turned away for their failures. Of these it is {{ $value | humanize }}.
      ||| % [config.attack.failures_per_s, config.attack.sources]
    ),
    // The two counters have no label in common but the gateway's, so that `or` keeps both.
    alert(
      'HostsTurnedAway',
      'warning',
      |||
        sum by (%s, reason, result) (
          increase(%s[5m])
          or increase(%s[5m])
        ) > 0
      ||| % [
        r.of_gateway,
        select('lungate_connections_refused_total'),
        select('lungate_logins_total', ', result="limit"'),
      ],
      'Gateway %s has no place for some hosts' % r.gateway.words,
      |||
        {{ $value | humanize }} {{ if $labels.reason }}connections were closed at once within 5 min (reason: {{
        $labels.reason }}){{ else }}logins were refused or pushed out within 5 min{{ end }} because a bound was reached.
        Who is logged in is not touched.
      |||,
      '30s',
      '5m'
    ),
  ];

  local digests(severity, limit, words) = alert(
    'DigestErrors',
    severity,
    '%s > %d' % [increase('lungate_digest_errors_total', '', '10m', r.of_gateway + ', kind'), limit],
    'Data on the way to %s is corrupted%s' % [r.gateway.words, words],
    |||
      {{ $value | humanize }} PDUs with a wrong {{ $labels.kind }} digest (CRC32C) within 10 min. It is never normal:
      a NIC, a cable, a switch or a driver changes data that TCP's checksum lets through.
    |||
  );
  local wire = [
    digests('warning', 0, ''),
    digests('critical', config.digest_errors_critical, ' again and again'),
    alert(
      'ProtocolErrors',
      'warning',
      '%s > %g' % [increase('lungate_pdu_protocol_errors_total', '', '10m'), config.protocol_errors_max],
      'An initiator breaks the protocol at %s' % r.gateway.words,
      |||
        {{ $value | humanize }} PDUs within 10 min broke RFC 7143. The journal names the peer or the session.
      |||
    ),
    alert(
      'CommandWindowFull',
      'warning',
      '%s > %g' % [
        r.ratio(
          r.sum(r.of_gateway, 'rate(%s[5m])' % select('lungate_command_window_full_seconds_total')),
          sessions
        ),
        config.window_full_share,
      ],
      'Sessions on %s wait for room for their commands' % r.gateway.words,
      |||
        Over the last 5 min the command window of a session was full for {{ $value | humanizePercentage }} of the time,
        on average over all sessions: initiators have more to do than they may send.
      |||,
      '10m',
      '5m'
    ),
    alert(
      'InitiatorsWithoutSlot',
      'info',
      '%s > 0' % increase('lungate_initiators_without_slot_total', '', '1h'),
      'Some initiators of %s are counted together' % r.gateway.words,
      |||
        {{ $value | humanize }} times within an hour an initiator found no room for counters of its own; its I/O
        stands under an empty name.
      |||
    ),
  ];

  [
    r.group('sessions', [r.record('gateway:lungate_sessions:sum', sessions)], '30s'),
    r.group('iscsi', paths + logins + wire),
  ]
