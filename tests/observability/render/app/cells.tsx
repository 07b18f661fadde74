// SPDX-License-Identifier: LGPL-2.1-or-later
// Coloured cells over time on Grafana's axes. Grafana's own heatmap and state timeline are no part
// of its component library, so these two are drawn here, by the same plotting library.
import {
  AxisPlacement,
  ScaleDistribution,
  ScaleDirection,
  ScaleOrientation,
} from '@grafana/schema';
import { UPlotChart, UPlotConfigBuilder } from '@grafana/ui';
import { range, theme } from './page';
import { times } from './frames';

export interface Cell {
  row: number;
  begin: number;
  end: number;
  colour: string;
  text?: string;
} // times in s

interface Props {
  rows: string[]; // from below
  cells: Cell[];
  gap: number; // between cells and between rows, in pixels
  edges: boolean; // rows are named at their upper edge instead of in their middle
  width: number;
  height: number;
}

function paint(plot: uPlot, { cells, gap }: Props) {
  const { ctx, bbox } = plot;
  const pixel = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.textAlign = 'left'; // the axes leave theirs
  ctx.textBaseline = 'middle';
  ctx.font = `${12 * pixel}px ${theme.typography.fontFamily}`;
  for (const cell of cells) {
    const [left, right] = [cell.begin, cell.end].map((at) =>
      Math.round(plot.valToPos(at * 1000, 'x', true)),
    );
    const [top, bottom] = [cell.row + 1, cell.row].map((row) =>
      Math.round(plot.valToPos(row, 'y', true)),
    );
    const margin = cell.text === undefined ? gap : gap * 4;
    ctx.fillStyle = cell.colour;
    ctx.fillRect(
      left,
      top + margin,
      Math.max(1, right - left - gap),
      bottom - top - 2 * margin + gap,
    );
    if (cell.text === undefined || right - left < 50 * pixel) continue;
    ctx.fillStyle = theme.colors.getContrastText(cell.colour);
    ctx.fillText(cell.text, Math.max(left, bbox.left) + 8 * pixel, (top + bottom) / 2);
  }
  ctx.restore();
}

export function Cells(props: Props) {
  const { rows, edges, width, height } = props;
  const config = new UPlotConfigBuilder('browser');
  config.addScale({
    scaleKey: 'x',
    isTime: true,
    orientation: ScaleOrientation.Horizontal,
    direction: ScaleDirection.Right,
    range: () => [range.from.valueOf(), range.to.valueOf()],
  });
  config.addScale({
    scaleKey: 'y',
    orientation: ScaleOrientation.Vertical,
    direction: ScaleDirection.Up,
    distribution: { type: ScaleDistribution.Linear } as any,
    range: () => [0, rows.length],
  });
  config.addAxis({
    scaleKey: 'x',
    isTime: true,
    placement: AxisPlacement.Bottom,
    timeZone: 'browser',
    theme,
    grid: { show: false },
  });
  const every = Math.max(1, Math.ceil((rows.length * 20) / height)); // so that names do not overlap
  config.addAxis({
    scaleKey: 'y',
    placement: AxisPlacement.Left,
    theme,
    grid: { show: false },
    ticks: { show: false },
    splits: () => rows.map((_, row) => row + (edges ? 1 : 0.5)),
    values: () => rows.map((name, row) => ((rows.length - 1 - row) % every === 0 ? name : '')),
  } as any);
  config.addSeries({ scaleKey: 'y', theme, pathBuilder: () => null, show: true } as any);
  config.addHook('draw', (plot) => paint(plot, props));
  const at = times().map((second) => second * 1000);
  return (
    <UPlotChart config={config} data={[at, at.map(() => null)]} width={width} height={height} />
  );
}
