// SPDX-License-Identifier: LGPL-2.1-or-later
// A histogram over time, its buckets told apart: Prometheus' are cumulative.
import { getValueFormat, formattedValueToString } from '@grafana/data';
import { type Cell, Cells } from './cells';
import { onGrid, times } from './frames';
import { NoData } from './nodata';
import { page, range } from './page';
import { interpolateTurbo } from 'd3-scale-chromatic'; // where Grafana has it from

const edge = (series: any) => (series.metric.le === '+Inf' ? Infinity : Number(series.metric.le));

// What lies in each bucket, from the fastest.
function apart(panel: any) {
  const series = [...(page.answers[panel.id]?.A ?? [])].sort((a, b) => edge(a) - edge(b));
  const sums = series.map(onGrid);
  const own = sums.map((sum, row) =>
    sum.map((value, i) => Math.max(0, (value ?? 0) - ((row > 0 ? sums[row - 1][i] : 0) ?? 0))),
  );
  return { series, own };
}

export function Heatmap({ panel, width, height }: any) {
  const { series, own } = apart(panel);
  const { filterValues, color, cellGap } = panel.options;
  const full = own.map((row) => row.some((value) => value > filterValues.le));
  if (!full.includes(true)) return <NoData />;
  const [first, last] = [full.indexOf(true), full.lastIndexOf(true)];
  const highest = own.flat().reduce((a, b) => Math.max(a, b), 0);
  const cells: Cell[] = own.slice(first, last + 1).flatMap((values, row) =>
    values
      .map((value, i) => ({ value, at: times()[i] }))
      .filter(({ value }) => value > filterValues.le)
      .map(({ value, at }) => ({
        row,
        begin: at - page.step,
        end: at,
        colour: interpolateTurbo(Math.pow(value / highest, color.exponent)),
      })),
  );
  const unit = getValueFormat(panel.options.yAxis.unit);
  const rows = series
    .slice(first, last + 1)
    .map((one) => (edge(one) === Infinity ? 'more' : formattedValueToString(unit(edge(one)))));
  return <Cells rows={rows} cells={cells} gap={cellGap} edges width={width} height={height} />;
}
