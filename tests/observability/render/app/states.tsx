// SPDX-License-Identifier: LGPL-2.1-or-later
// A state per line over time, in the words and colours of the panel.
import { type Cell, Cells } from './cells';
import { applied } from './fields';
import { seriesOf, times } from './frames';
import { NoData } from './nodata';
import { page, theme } from './page';

// Equal neighbours are one cell.
function merged(row: number, values: Array<number | null>, words: any): Cell[] {
  const cells: Cell[] = [];
  values.forEach((value, i) => {
    const state = value === null ? undefined : words[value];
    if (!state) return;
    const begin = times()[i] - page.step;
    const before = cells[cells.length - 1];
    if (before?.end === begin && before.text === state.text) before.end = times()[i];
    else
      cells.push({
        row,
        begin,
        end: times()[i],
        text: state.text,
        colour: theme.visualization.getColorByName(state.color),
      });
  });
  return cells;
}

export function States({ panel, width, height }: any) {
  const frames = applied(panel, seriesOf(panel)).reverse(); // Grafana's first is on top
  if (frames.length === 0) return <NoData />;
  const words = panel.fieldConfig.defaults.mappings[0].options;
  const cells = frames.flatMap((frame, row) => merged(row, frame.fields[1].values, words));
  return (
    <Cells
      rows={frames.map((frame) => frame.name ?? '')}
      cells={cells}
      gap={1}
      edges={false}
      width={width}
      height={height}
    />
  );
}
