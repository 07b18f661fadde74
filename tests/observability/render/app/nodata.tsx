// SPDX-License-Identifier: LGPL-2.1-or-later
// What Grafana writes into a panel whose queries answered nothing.
import { theme } from './page';

export function NoData() {
  const style = {
    height: '100%',
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'center',
    color: theme.colors.text.secondary,
  };
  return <div style={style}>No data</div>;
}
