// SPDX-License-Identifier: LGPL-2.1-or-later
// What every dashboard has around its panels: variables, annotations, the link to its sisters.
local grid = import 'grid.libsonnet';
local panels = import 'panels.libsonnet';
local q = import 'queries.libsonnet';

local datasource_variable = {
  type: 'datasource',
  name: 'datasource',
  label: 'Data source',
  query: 'prometheus',
  refresh: 1,
  hide: 0,
  multi: false,
  includeAll: false,
  regex: '',
};

local everything = { selected: true, text: ['All'], value: ['$__all'] };

// `sort` 1: by text, 3: by number.
local variable(name, label, query, sort=1, current=everything, all='.+') = {
  type: 'query',
  name: name,
  label: label,
  datasource: panels.datasource,
  query: { query: query, refId: 'variable-' + name },
  refresh: 2,  // on every change of the time range: what did not exist then is not offered
  multi: true,
  includeAll: true,
  allValue: all,
  current: current,
  sort: sort,
  regex: '',
};

// Every dashboard has all of them, so that a link loses no choice on its way; those that its panels do
// not ask for (`shown`) are hidden.
//
// `chosen`: those that begin with their first value instead of all of them, where all would be too much.
local variables(config, shown, chosen) = [datasource_variable] + [
  each { hide: if std.member(shown, each.name) then 0 else 2 } + (
    if std.member(chosen, each.name) then
      { includeAll: false, allValue:: null, current: { selected: true, text: [], value: [] } }
    else {}
  )
  for each in [
    variable('job', 'Job', 'label_values(lungate_shm_up, job)', current={
      selected: true,
      text: [config.job],
      value: [config.job],
    }),
    variable('gateway', 'Gateway', 'label_values(lungate_shm_up{job=~"$job"}, gateway)'),
    variable('target', 'Target', 'label_values(lungate_lun_up{job=~"$job", gateway=~"$gateway"}, target)'),
    variable('lun', 'LUN', 'label_values(lungate_lun_up{job=~"$job", gateway=~"$gateway", target=~"$target"}, lun)', sort=3),
    // An initiator that got no slot has the empty name.
    variable('initiator', 'Initiator', 'label_values(lungate_initiator_errors_total{job=~"$job", gateway=~"$gateway", target=~"$target", lun=~"$lun"}, initiator)', all='.*'),
  ]
];

local annotation(name, colour, metric, title) = {
  name: name,
  datasource: panels.datasource,
  enable: true,
  hide: false,
  iconColor: colour,
  expr: 'changes(%s[$__rate_interval]) > 0' % q.gateway(metric),
  titleFormat: title,
  textFormat: '{{gateway}}',
};

function(config, uid, title, description, shown, sections, chosen=[]) {
  id: null,
  uid: uid,
  title: title,
  description: description,
  tags: config.tags,
  schemaVersion: 39,
  version: 1,
  editable: false,
  graphTooltip: 1,
  refresh: config.refresh,
  time: { from: config.from, to: 'now' },
  timezone: 'browser',
  fiscalYearStartMonth: 0,
  weekStart: '',
  links: [{
    type: 'dashboards',
    title: 'lungate',
    tags: [config.tags[0]],
    asDropdown: true,
    includeVars: true,
    keepTime: true,
    targetBlank: false,
    icon: 'external link',
    tooltip: 'The other dashboards, with what is chosen here',
    url: '',
  }],
  annotations: {
    list: [
      annotation('Restarts of a target', 'red', 'lungate_shm_generation', 'lungate-target started anew'),
      annotation('Configuration changes', 'blue', 'lungate_config_loaded_timestamp_seconds', 'A configuration came into force'),
    ],
  },
  templating: { list: variables(config, ['job'] + shown, chosen) },
  panels: grid.place(sections),
}
