// SPDX-License-Identifier: LGPL-2.1-or-later
// Kinds of panels, with the looks that all of them share. A panel gets its id and place in grid.libsonnet.
local c = import 'colours.libsonnet';
local datasource = { type: 'prometheus', uid: '${datasource}' };

local panel(type, title, description, unit, targets) = {
  type: type,
  title: title,
  description: description,
  datasource: datasource,
  targets: [
    { datasource: datasource, refId: std.char(65 + i) } + targets[i]
    for i in std.range(0, std.length(targets) - 1)
  ],
  fieldConfig: { defaults: { unit: unit }, overrides: [] },
};

local titles = {
  'lungate-gateway': 'The gateways',
  'lungate-lun': 'The LUN',
  'lungate-initiators': 'Initiators and sessions',
  'lungate-ceph': 'Ceph',
  'lungate-exporter': 'Budgets and exporters',
};

local stacking(stacked) = { group: 'A', mode: if stacked then 'normal' else 'none' };

{
  datasource: datasource,
  target(expr, legend):: { expr: expr, legendFormat: legend },
  // Draws single slow I/O as points above the line, where Prometheus keeps exemplars.
  with_exemplars(target):: target { exemplar: true },
  // Where to look next, with everything that is chosen here; added to a panel.
  see(uid, second=null):: {
    links: [
      {
        type: 'link',
        title: titles[one],
        url: '/d/%s?${__all_variables}&${__url_time_range}' % one,
        targetBlank: false,
        asDropdown: false,
        icon: 'external link',
        includeVars: false,  // the address has them
        keepTime: false,
        tags: [],
        tooltip: '',
      }
      for one in [uid, second]
      if one != null
    ],
  },
  // What a value must not reach, as a dashed line of its own.
  limit(expr):: self.target(expr, c.limit),

  // One number. `thresholds` (a list of steps, or c.falling) colour its background, and so do states;
  // what needs nobody has none. Only a falling one may be below 0. `instant`: asked once, without a
  // curve, since it looks back over the whole range anyway.
  stat(title, description, unit, expr, thresholds=[], decimals=null, states=null, empty='no data', instant=false)::
    local falling = std.isObject(thresholds);
    panel('stat', title, description, unit, [
      { expr: expr, legendFormat: '', [if instant then 'instant']: true },
    ]) + {
      fieldConfig+: {
        defaults+: {
          noValue: empty,
          thresholds: if falling then thresholds else c.steps(thresholds),
          [if states != null then 'mappings']: c.words(states),
          [if falling then 'mappings']: c.nothing(empty),
          [if states == null && !falling then 'min']: 0,
          [if decimals != null then 'decimals']: decimals,
        },
      },
      options: {
        colorMode: if thresholds == [] && states == null then 'none' else 'background_solid',
        graphMode: if states == null && !instant then 'area' else 'none',
        justifyMode: 'center',
        orientation: 'auto',
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
        textMode: 'value',
      },
    },

  // Values over time. `bad` draws thresholds as dashed lines: [c.warning(1), c.critical(2)].
  lines(title, description, unit, targets, stacked=false, bad=[], max=null)::
    panel('timeseries', title, description, unit, targets) + {
      fieldConfig+: {
        defaults+: {
          min: 0,
          custom: {
            drawStyle: 'line',
            fillOpacity: if stacked then 60 else 0,  // ten veils on each other are mud
            lineWidth: 1,
            showPoints: 'never',
            spanNulls: false,
            stacking: stacking(stacked),
            thresholdsStyle: { mode: if bad == [] then 'off' else 'dashed' },
          },
          thresholds: c.steps(bad, 'transparent'),
          [if max != null then 'max']: max,
        },
        overrides: c.overrides([target.legendFormat for target in targets]),
      },
      options: {
        // The worst first: a list of ten shows three.
        legend: {
          calcs: ['mean', 'max'],
          displayMode: 'table',
          placement: 'bottom',
          showLegend: true,
          sortBy: 'Max',
          sortDesc: true,
        },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
    },

  // A state per line over time, as words.
  states(title, description, expr, legend, states)::
    panel('state-timeline', title, description, 'short', [{ expr: expr, legendFormat: legend }]) + {
      fieldConfig+: {
        defaults+: {
          custom: { fillOpacity: 70, lineWidth: 0 },
          mappings: c.words(states),
          thresholds: c.steps([], 'text'),
        },
      },
      options: {
        alignValue: 'left',
        legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
        mergeValues: true,
        rowHeight: 0.8,
        showValue: 'auto',
        tooltip: { mode: 'single', sort: 'none' },
      },
    },

  heatmap(title, description, expr)::
    panel('heatmap', title, description, 's', [{ expr: expr, format: 'heatmap', legendFormat: '{{le}}' }]) + {
      options: {
        calculate: false,
        cellGap: 1,
        color: { exponent: 0.5, mode: 'scheme', scheme: 'Turbo', steps: 64 },
        filterValues: { le: 1e-9 },  // an empty cell is no colour, not the lowest one
        legend: { show: true },
        rowsFrame: { layout: 'auto' },
        tooltip: { mode: 'single', yHistogram: true },
        yAxis: { axisPlacement: 'left', unit: 's' },
      },
    },
}
