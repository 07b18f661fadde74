// SPDX-License-Identifier: LGPL-2.1-or-later
// Which dashboard, on what its variables stand, and that no Grafana server made this picture.
import { page, theme } from './page';

function Chosen({ name, value }: { name: string; value: string }) {
  const border = `1px solid ${theme.colors.border.medium}`;
  return (
    <span
      style={{ display: 'inline-flex', border, borderRadius: 2, fontSize: 12, lineHeight: '22px' }}
    >
      <span style={{ padding: '0 8px', background: theme.colors.background.secondary }}>
        {name}
      </span>
      <span
        style={{
          padding: '0 8px',
          background: theme.colors.background.primary,
          color: theme.colors.text.secondary,
        }}
      >
        {value}
      </span>
    </span>
  );
}

export function Heading() {
  return (
    <div
      style={{
        display: 'flex',
        gap: 8,
        alignItems: 'center',
        height: 34,
        marginBottom: 4,
        color: theme.colors.text.primary,
        whiteSpace: 'nowrap',
      }}
    >
      <span style={{ fontSize: 18, fontWeight: 500, marginRight: 8 }}>{page.board.title}</span>
      {Object.entries(page.chosen).map(([name, value]) => (
        <Chosen key={name} name={name} value={value} />
      ))}
      <span style={{ marginLeft: 'auto', fontSize: 11, color: theme.colors.text.secondary }}>
        {page.made}
      </span>
    </div>
  );
}
