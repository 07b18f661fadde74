// SPDX-License-Identifier: LGPL-2.1-or-later
// Tables: a row per thing, a column per label and per query. A cell that names a gateway or a LUN leads
// to its dashboard, with the data source and the time taken along.
local c = import 'colours.libsonnet';
local panels = import 'panels.libsonnet';

local keep = '${__url_time_range}&${datasource:queryparam}&${job:queryparam}';
local field(name) = '%s=${__data.fields.%s:percentencode}' % ['var-' + name, name];
local to(uid, fields) = '/d/%s?%s' % [uid, std.join('&', [keep] + [field(name) for name in fields])];
local lun_of(columns) = std.setInter(std.set(columns), std.set(['gateway', 'target', 'lun']));

// Where a click on a label's cell leads.
local link(column, columns) =
  if column == 'gateway' then
    [{ title: 'Gateway detail', url: to('lungate-gateway', ['gateway']), targetBlank: false }]
  else if column == 'lun' then
    [{ title: 'LUN detail', url: to('lungate-lun', lun_of(columns)), targetBlank: false }]
  else if column == 'initiator' then
    [{ title: 'Initiators', url: to('lungate-initiators', ['initiator']), targetBlank: false }]
  else [];

// A name needs its width, a number does not.
local widths = { alertname: 235, severity: 70, target: 200, lun: 50, gateway: 80, initiator: 260, reason: 90, portal: 150 };
local label_properties(column, columns) =
  (if link(column, columns) == [] then [] else [{ id: 'links', value: link(column, columns) }]) +
  (if std.objectHas(widths, column) then [{ id: 'custom.width', value: widths[column] }] else []);

local by_name(name, properties) = { matcher: { id: 'byName', options: name }, properties: properties };

// Text in colour beside the number, never the colour alone.
local coloured(id, value) = [
  { id: id, value: value },
  { id: 'custom.cellOptions', value: { type: 'color-text' } },
];
local value_properties(value) =
  [{ id: 'unit', value: value.unit }] +
  (if std.objectHas(value, 'steps') then coloured('thresholds', c.steps(value.steps, 'text')) else []) +
  (if std.objectHas(value, 'falling') then coloured('thresholds', value.falling) else []) +
  (if std.objectHas(value, 'states') then coloured('mappings', c.words(value.states)) else []) +
  (if std.objectHas(value, 'decimals') then [{ id: 'decimals', value: value.decimals }] else []);

local field_name(i, values) =
  if std.length(values) == 1 then 'Value' else 'Value #' + std.char(65 + i);
local indices(list) = std.range(0, std.length(list) - 1);

{
  // `columns`: labels that the queries keep. `values`: { name, unit, expr, and as wanted steps, falling,
  // states, decimals, hidden }; the first that is shown sorts the rows unless `sort` names another.
  table(title, description, columns, values, sort=null, descending=true)::
    local shown = [value.name for value in values if !std.objectHas(value, 'hidden')] + columns;
    {
      type: 'table',
      title: title,
      description: description,
      datasource: panels.datasource,
      targets: [
        {
          datasource: panels.datasource,
          refId: std.char(65 + i),
          expr: values[i].expr,
          format: 'table',
          instant: true,
          legendFormat: '',
        }
        for i in indices(values)
      ],
      fieldConfig: {
        defaults: {
          unit: 'string',  // of labels; every value has its own: a LUN is no "7 s", a name no date
          custom: { align: 'auto', cellOptions: { type: 'auto' }, filterable: true, inspect: false, minWidth: 60 },
        },
        overrides: [
          by_name(column, label_properties(column, columns))
          for column in columns
          if label_properties(column, columns) != []
        ] + [by_name(value.name, value_properties(value)) for value in values],
      },
      options: {
        cellHeight: 'sm',
        showHeader: true,
        sortBy: [{ displayName: if sort == null then shown[0] else sort, desc: descending }],
      },
      transformations: [
        { id: 'merge', options: {} },
        {
          id: 'organize',
          options: {
            excludeByName: { Time: true } + {
              [field_name(i, values)]: true
              for i in indices(values)
              if std.objectHas(values[i], 'hidden')
            },
            indexByName: { [columns[i]]: i for i in indices(columns) } + {
              [field_name(i, values)]: std.length(columns) + i
              for i in indices(values)
            },
            renameByName: { [field_name(i, values)]: values[i].name for i in indices(values) },
          },
        },
      ],
    },
}
