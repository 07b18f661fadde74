// SPDX-License-Identifier: LGPL-2.1-or-later
// Kinds of panels, with the looks that all of them share. A panel gets its id and place in grid.libsonnet.
local datasource = { type: 'prometheus', uid: '${datasource}' };

// One colour for one meaning, everywhere. Which names a legend can give.
local operations = { read: 'blue', write: 'orange', other: 'purple' };
local stages = { receive: 'purple', queue: 'yellow', backend: 'blue', send: 'green' };
local quantiles = { p50: 'green', p95: 'yellow', p99: 'orange', 'p99.9': 'red' };
local palettes = {
  '{{op}}': operations,
  '{{direction}}': operations,
  '{{stage}}': stages,
  p50: quantiles,
};
local colours(targets) =
  local legend = targets[0].legendFormat;
  if std.objectHas(palettes, legend) then palettes[legend] else {};

local thresholds(steps) = {
  mode: 'absolute',
  steps: [{ color: 'green', value: null }] + steps,
};

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

{
  datasource: datasource,

  target(expr, legend):: { expr: expr, legendFormat: legend },

  // What is bad from which value on.
  warning(value):: { color: 'orange', value: value },
  critical(value):: { color: 'red', value: value },

  stat(title, description, unit, expr, steps=[], decimals=null)::
    panel('stat', title, description, unit, [{ expr: expr, legendFormat: '' }]) + {
      fieldConfig+: {
        defaults+: { min: 0, thresholds: thresholds(steps) } +
                   (if decimals == null then {} else { decimals: decimals }),
      },
      options: {
        colorMode: if steps == [] then 'none' else 'background_solid',
        graphMode: 'area',
        justifyMode: 'auto',
        orientation: 'auto',
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
        textMode: 'auto',
      },
    },

  lines(title, description, unit, targets, stacked=false)::
    panel('timeseries', title, description, unit, targets) + {
      fieldConfig+: {
        defaults+: {
          min: 0,
          custom: {
            drawStyle: 'line',
            fillOpacity: if stacked then 60 else 10,
            lineWidth: 1,
            showPoints: 'never',
            spanNulls: false,
            stacking: { group: 'A', mode: if stacked then 'normal' else 'none' },
          },
        },
        overrides: [
          {
            matcher: { id: 'byName', options: name },
            properties: [
              { id: 'color', value: { fixedColor: colours(targets)[name], mode: 'fixed' } },
            ],
          }
          for name in std.objectFields(colours(targets))
        ],
      },
      options: {
        legend: { calcs: ['mean', 'max'], displayMode: 'table', placement: 'bottom', showLegend: true },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
    },

  heatmap(title, description, expr)::
    panel('heatmap', title, description, 's', [{ expr: expr, format: 'heatmap', legendFormat: '{{le}}' }]) + {
      options: {
        calculate: false,
        cellGap: 1,
        color: { exponent: 0.5, mode: 'scheme', scheme: 'Turbo', steps: 64 },
        filterValues: { le: 0.5 },  // an empty cell is no colour, not the lowest one
        legend: { show: true },
        rowsFrame: { layout: 'auto' },
        tooltip: { mode: 'single', yHistogram: true },
        yAxis: { axisPlacement: 'left', unit: 's' },
      },
    },

  table(title, description, unit, expr, columns, value)::
    panel('table', title, description, unit, [
      { expr: expr, format: 'table', instant: true, legendFormat: '' },
    ]) + {
      options: { cellHeight: 'sm', footer: { show: false }, showHeader: true },
      transformations: [
        { id: 'filterFieldsByName', options: { include: { names: columns + ['Value'] } } },
        {
          id: 'organize',
          options: {
            indexByName: { [columns[i]]: i for i in std.range(0, std.length(columns) - 1) },
            renameByName: { Value: value },
          },
        },
      ],
    },
}
