// SPDX-License-Identifier: LGPL-2.1-or-later
// Grafana's Table.
import { Table } from '@grafana/ui';
import { applied } from './fields';
import { tableOf } from './frames';
import { NoData } from './nodata';

export function Rows({ panel, width, height }: any) {
  const frame = tableOf(panel);
  if (!frame) return <NoData />;
  return (
    <Table
      data={applied(panel, [frame])[0]}
      width={width}
      height={height}
      initialSortBy={panel.options.sortBy}
      cellHeight={panel.options.cellHeight}
    />
  );
}
