// SPDX-License-Identifier: LGPL-2.1-or-later
// Puts panels in their places, so that nobody counts: a section is a heading and lines of panels that
// share the width of the screen, equally unless the line says its `widths` (of 24).
local width = 24;

local widths(line) =
  local count = std.length(line.panels);
  if std.objectHas(line, 'widths') then
    assert std.length(line.widths) == count : 'a width for each panel of the line';
    assert std.foldl(function(a, b) a + b, line.widths, 0) == width : 'widths that fill the line';
    line.widths
  else
    assert width % count == 0 : 'a line without widths has 1, 2, 3, 4, 6, 8 or 12 panels';
    std.makeArray(count, function(_) width / count);

// The panels of one line, from `y` down.
local place_line(line, y) =
  local each = widths(line);
  [
    line.panels[i] {
      gridPos: {
        x: std.foldl(function(a, b) a + b, each[0:i], 0),
        y: y,
        w: each[i],
        h: line.height,
      },
    }
    for i in std.range(0, std.length(each) - 1)
  ];

local heading(title, y) = {
  type: 'row',
  title: title,
  collapsed: false,
  panels: [],
  gridPos: { x: 0, y: y, w: width, h: 1 },
};

local add_line(state, next) = {
  y: state.y + next.height,
  panels: state.panels + place_line(next, state.y),
};

local add_section(state, section) = std.foldl(add_line, section.lines, {
  y: state.y + 1,
  panels: state.panels + [heading(section.title, state.y)],
});

{
  place(sections)::
    local placed = std.foldl(add_section, sections, { y: 0, panels: [] }).panels;
    [{ id: i + 1 } + placed[i] for i in std.range(0, std.length(placed) - 1)],
}
