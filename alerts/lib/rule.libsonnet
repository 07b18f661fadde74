// SPDX-License-Identifier: LGPL-2.1-or-later
// The form of our rules: every alert has the same labels and annotations, and says where to look.
local r = {
  local part(label) = 'var-%s={{ $labels.%s }}' % [label, label],

  // Where an alert happens: words for its texts, and the dashboard that it opens.
  gateway:: {
    words: '{{ $labels.gateway }}',
    board(uid):: '/d/lungate-%s?%s' % [uid, part('gateway')],
  },
  lun:: {
    words: 'LUN {{ $labels.lun }} of {{ $labels.target }} on {{ $labels.gateway }}',
    board(uid):: '/d/lungate-%s?%s' % [
      uid,
      std.join('&', [part('gateway'), part('target'), part('lun')]),
    ],
  },
  fleet:: { words: 'lungate', board(uid):: '/d/lungate-' + uid },

  group(name, rules, interval=null):: {
    name: 'lungate-' + name,
    [if interval != null then 'interval']: interval,
    rules: rules,
  },

  // Ends with a line's end where it has several lines, so that it is written as a block.
  local tidy(expr) = (
    local bare = std.rstripChars(std.strReplace(expr, '\n\n', '\n'), '\n');
    if std.length(std.findSubstr('\n', bare)) > 0 then bare + '\n' else bare
  ),

  record(name, expr):: { record: name, expr: tidy(expr) },

  // `wait` is two scrapes of 15 s where the value is a count over a longer window; none where the
  // value is an age, which has waited already. `keep` is for what comes and goes.
  alert(name, component, severity, expr, summary, description, dashboard, wait='30s', keep=null):: {
    alert: 'Lungate' + name,
    expr: tidy(expr),
    [if wait != null then 'for']: wait,
    [if keep != null then 'keep_firing_for']: keep,
    labels: { severity: severity, component: component },
    annotations: {
      summary: summary,
      description: std.strReplace(std.rstripChars(description, '\n'), '\n', ' '),
      runbook_url: '{{ $externalLabels.lungate_runbooks }}#lungate' + std.asciiLower(name),
      dashboard_url: dashboard,
    },
  },

  // PromQL ------------------------------------------------------------------------------------

  of_lun:: 'job, gateway, target, lun',
  of_gateway:: 'job, gateway',

  sum(by, expr):: 'sum by (%s) (%s)' % [by, expr],
  max(by, expr):: 'max by (%s) (%s)' % [by, expr],
  // Nothing, instead of 0/0, where there is nothing to divide by: a NaN would never fire.
  ratio(part, whole):: '%s\n/\n(%s > 0)' % [part, whole],
  // Of a counter whose series appears with its first event, which increase() does not see. `known` was
  // there before, or all that a new gateway brings along would be news.
  first_or_increase(series, window, known):: |||
    increase(%(series)s[%(window)s]) > 0
    or (%(series)s unless %(series)s offset %(window)s) and on (%(lun)s) %(known)s offset %(window)s
  ||| % { series: series, window: window, known: known, lun: r.of_lun },
};

r
