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
local variable(name, label, query, sort=1, current=everything) = {
  type: 'query',
  name: name,
  label: label,
  datasource: panels.datasource,
  query: { query: query, refId: 'variable-' + name },
  refresh: 2,  // on every change of the time range: what did not exist then is not offered
  multi: true,
  includeAll: true,
  allValue: '.+',
  current: current,
  sort: sort,
  regex: '',
  hide: 0,
};

local variables(config) = [
  datasource_variable,
  variable('job', 'Job', 'label_values(lungate_shm_up, job)', current={
    selected: true,
    text: [config.job],
    value: [config.job],
  }),
  variable('gateway', 'Gateway', 'label_values(lungate_shm_up{job=~"$job"}, gateway)'),
  variable('target', 'Target', 'label_values(lungate_lun_up{job=~"$job", gateway=~"$gateway"}, target)'),
  variable('lun', 'LUN', 'label_values(lungate_lun_up{job=~"$job", gateway=~"$gateway", target=~"$target"}, lun)', sort=3),
];

local restarts = {
  name: 'Restarts of a target',
  datasource: panels.datasource,
  enable: true,
  hide: false,
  iconColor: 'red',
  expr: 'changes(%s[$__rate_interval]) > 0' % q.gateway('lungate_shm_generation'),
  titleFormat: 'lungate-target started anew',
  textFormat: '{{gateway}}',
};

function(config, uid, title, description, sections) {
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
    tags: ['lungate'],
    asDropdown: true,
    includeVars: true,
    keepTime: true,
    targetBlank: false,
    icon: 'external link',
    tooltip: '',
    url: '',
  }],
  annotations: { list: [restarts] },
  templating: { list: variables(config) },
  panels: grid.place(sections),
}
