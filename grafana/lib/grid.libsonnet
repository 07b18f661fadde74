// SPDX-License-Identifier: LGPL-2.1-or-later
// Puts panels in their places, so that nobody counts: a section is a heading and lines of panels that
// share the width of the screen.
local width = 24;

// The panels of one line, from `y` down.
local line(panels, height, y) =
  local each = width / std.length(panels);
  assert width % std.length(panels) == 0 : 'a line has 1, 2, 3, 4, 6, 8 or 12 panels';
  [
    panels[i] { gridPos: { x: i * each, y: y, w: each, h: height } }
    for i in std.range(0, std.length(panels) - 1)
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
  panels: state.panels + line(next.panels, next.height, state.y),
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
