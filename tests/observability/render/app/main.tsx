// SPDX-License-Identifier: LGPL-2.1-or-later
// A dashboard: its panels in Grafana's frames, at their places.
import { ThemeContext } from '@grafana/data';
import { GlobalStyles, PanelChrome } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import { Heading } from './heading';
import { Heatmap } from './heatmap';
import { Lines } from './lines';
import { page, theme } from './page';
import { States } from './states';
import { Stat } from './stat';
import { Rows } from './table';

const kinds: Record<string, any> = {
  timeseries: Lines,
  stat: Stat,
  table: Rows,
  'state-timeline': States,
  heatmap: Heatmap,
};
const GAP = 8,
  ROW = 38,
  MARGIN = 12; // Grafana's, in pixels

function Panel({ panel }: any) {
  const { x, y, w, h } = panel.gridPos;
  const column = (page.width - 2 * MARGIN + GAP) / 24;
  const [width, height] = [w * column - GAP, h * ROW - GAP];
  const place: any = { position: 'absolute', left: x * column, top: y * ROW, width, height };
  if (panel.type === 'row') {
    return (
      <div
        style={{ ...place, color: theme.colors.text.primary, fontWeight: 500, lineHeight: '30px' }}
      >
        {'\u2304'} {panel.title}
      </div>
    );
  }
  const Kind = kinds[panel.type];
  return (
    <div style={place}>
      <PanelChrome
        title={panel.title}
        description={panel.description}
        width={width}
        height={height}
        padding={['stat', 'table'].includes(panel.type) ? 'none' : 'md'}
      >
        {(innerWidth, innerHeight) => (
          <Kind panel={panel} width={innerWidth} height={innerHeight} />
        )}
      </PanelChrome>
    </div>
  );
}

function Dashboard() {
  const rows = Math.max(...page.board.panels.map(({ gridPos }: any) => gridPos.y + gridPos.h));
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div
        id="dashboard"
        style={{
          width: page.width,
          background: theme.colors.background.canvas,
          padding: MARGIN,
          boxSizing: 'border-box',
        }}
      >
        <Heading />
        <div style={{ position: 'relative', height: rows * ROW }}>
          {page.board.panels.map((panel: any) => (
            <Panel key={panel.id} panel={panel} />
          ))}
        </div>
      </div>
    </ThemeContext.Provider>
  );
}

createRoot(document.getElementById('root')!).render(<Dashboard />);
