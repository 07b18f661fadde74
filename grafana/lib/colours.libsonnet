// SPDX-License-Identifier: LGPL-2.1-or-later
// One colour for one meaning, everywhere. Grafana's named hues, which it fits to light and dark; no
// yellow, which is lost on white. Colour is never the only cue: a state has its word, a line its name,
// and the lines that matter most have their own stroke.
local operations = { read: 'blue', write: 'orange', other: 'purple' };
local directions = operations { receive: 'purple', send: 'green' };
local stages = { receive: 'purple', queue: 'orange', backend: 'blue', send: 'green' };
local senses = {
  medium: 'orange',
  hardware: 'red',
  not_ready: 'purple',
  aborted: 'blue',
  unit_attention: 'green',
};
local quantiles = { p50: 'green', p95: 'blue', p99: 'orange', 'p99.9': 'red' };

// Which names a legend can give.
local palettes = {
  '{{op}}': operations,
  '{{direction}}': directions,
  '{{stage}}': stages,
  '{{sense}}': senses,
  p50: quantiles,
};

local stroke(dash, width) = [
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: dash } },
  { id: 'custom.lineWidth', value: width },
];

// A name's own stroke; `limit` is what a value must not reach.
local strokes = {
  p99: [{ id: 'custom.lineWidth', value: 2 }],
  'p99.9': stroke([4, 4], 1),
  hardware: stroke([4, 4], 1),
  limit: stroke([12, 6], 2) + [{ id: 'custom.fillOpacity', value: 0 }],
};

local fixed(colour) = { id: 'color', value: { mode: 'fixed', fixedColor: colour } };
local by_name(name, properties) = { matcher: { id: 'byName', options: name }, properties: properties };
local stroke_of(name) = if std.objectHas(strokes, name) then strokes[name] else [];

{
  limit:: 'limit',

  // Overrides of a panel with these legends.
  overrides(legends)::
    local palette = if std.objectHas(palettes, legends[0]) then palettes[legends[0]] else {};
    [by_name(name, [fixed(palette[name])] + stroke_of(name)) for name in std.objectFields(palette)] +
    (if std.member(legends, $.limit) then [by_name($.limit, [fixed('red')] + strokes.limit)] else []),

  // From which value on something is bad.
  warning(value):: { color: 'orange', value: value },
  critical(value):: { color: 'red', value: value },
  steps(steps, begin='green'):: {
    mode: 'absolute',
    steps: [{ color: begin, value: null }] + steps,
  },

  // The other way round: bad is what is below.
  falling(warning, critical):: {
    mode: 'absolute',
    steps: [
      { color: 'red', value: null },
      { color: 'orange', value: critical },
      { color: 'green', value: warning },
    ],
  },

  // Where nothing is, nothing is bad: without this it had the colour of the lowest value.
  nothing(text):: [{
    type: 'special',
    options: { match: 'null+nan', result: { color: 'transparent', index: 0, text: text } },
  }],

  // Numbers that are states, as words: { '0': ['down', 'red'] }.
  words(states):: [{
    type: 'value',
    options: {
      [number]: { index: std.parseInt(number), text: states[number][0], color: states[number][1] }
      for number in std.objectFields(states)
    },
  }],
}
