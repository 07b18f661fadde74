// SPDX-License-Identifier: LGPL-2.1-or-later
// Values over time: Grafana's TimeSeries, and the dashboard's annotations across it.
import { type UPlotConfigBuilder, TimeSeries } from '@grafana/ui';
import { applied } from './fields';
import { seriesOf } from './frames';
import { NoData } from './nodata';
import { page, range, theme } from './page';

// Vertical dashed lines, as Grafana draws them.
function mark(config: UPlotConfigBuilder): null {
  config.addHook('draw', (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 5 * devicePixelRatio]);
    for (const one of page.annotations) {
      ctx.strokeStyle = theme.visualization.getColorByName(one.color);
      for (const at of one.at) {
        const x = Math.round(plot.valToPos(at * 1000, 'x', true));
        if (x < bbox.left || x > bbox.left + bbox.width) continue;
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
      }
    }
    ctx.restore();
  });
  return null;
}

export function Lines({ panel, width, height }: any) {
  const frames = applied(panel, seriesOf(panel));
  if (frames.length === 0) return <NoData />;
  return (
    <TimeSeries
      frames={frames}
      timeRange={range}
      timeZone="browser"
      width={width}
      height={height}
      legend={panel.options.legend}
      options={panel.options}
    >
      {mark}
    </TimeSeries>
  );
}
