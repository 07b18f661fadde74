// SPDX-License-Identifier: LGPL-2.1-or-later
// From Prometheus' answers to Grafana's data frames, as Grafana's Prometheus data source makes
// them.
import {
  type DataFrame,
  type Field,
  FieldType,
  standardTransformers,
  toDataFrame,
} from '@grafana/data';
import { of } from 'rxjs';
import { page, type Series } from './page';

const answered = (panel: any, target: any): Series[] =>
  page.answers[panel.id]?.[target.refId] ?? [];

// "{{op}} p50" with the labels of a series.
const legend = (format: string, labels: Record<string, string>) =>
  format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => labels[label] ?? '') || 'Value';

export function times(): number[] {
  const count = Math.floor((page.to - page.from) / page.step) + 1;
  return Array.from({ length: count }, (_, i) => page.from + i * page.step);
}

// One value for each of the times; null where there was none.
export function onGrid(series: Series): Array<number | null> {
  const have = new Map(series.values?.map(([at, value]) => [at, Number(value)]));
  return times().map((at) => {
    const value = have.get(at);
    return value !== undefined && Number.isFinite(value) ? value : null;
  });
}

function overTime(target: any, series: Series): DataFrame {
  const name = legend(target.legendFormat ?? '', series.metric);
  const curve = target.instant !== true;
  return toDataFrame({
    refId: target.refId,
    name,
    fields: [
      {
        name: 'Time',
        type: FieldType.time,
        config: {},
        values: curve ? times().map((at) => at * 1000) : [series.value![0] * 1000],
      },
      {
        name: 'Value',
        type: FieldType.number,
        labels: series.metric,
        config: { displayNameFromDS: name },
        values: curve ? onGrid(series) : [Number(series.value![1])],
      },
    ],
  });
}

// A frame for each series.
export const seriesOf = (panel: any): DataFrame[] =>
  panel.targets.flatMap((target: any) =>
    answered(panel, target).map((one) => overTime(target, one)),
  );

function asTable(target: any, series: Series[], alone: boolean): DataFrame {
  const labels = [...new Set(series.flatMap((one) => Object.keys(one.metric)))].sort();
  const column = (name: string, type: FieldType, values: unknown[]): Partial<Field> =>
    ({ name, type, values, config: {} }) as Partial<Field>;
  return toDataFrame({
    refId: target.refId,
    fields: [
      column(
        'Time',
        FieldType.time,
        series.map((one) => one.value![0] * 1000),
      ),
      ...labels.map((label) =>
        column(
          label,
          FieldType.string,
          series.map((one) => one.metric[label] ?? ''),
        ),
      ),
      column(
        alone ? 'Value' : `Value #${target.refId}`,
        FieldType.number,
        series.map((one) => Number(one.value![1])),
      ),
    ] as Field[],
  });
}

const operators: Record<string, any> = {
  merge: standardTransformers.mergeTransformer,
  organize: standardTransformers.organizeFieldsTransformer,
};

// What a table shows: its answers after the panel's transformations, by Grafana's own operators.
export function tableOf(panel: any): DataFrame | undefined {
  const parts = panel.targets
    .map((target: any) => [target, answered(panel, target)])
    .filter(([, series]: any) => series.length > 0)
    .map(([target, series]: any) => asTable(target, series, panel.targets.length === 1));
  const steps = panel.transformations.map((step: any) =>
    operators[step.id].operator(step.options, { interpolate: (text: string) => text }),
  );
  let frames: DataFrame[] = [];
  (of(parts) as any).pipe(...steps).subscribe((made: DataFrame[]) => (frames = made));
  return parts.length > 0 ? frames[0] : undefined;
}
