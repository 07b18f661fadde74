// SPDX-License-Identifier: LGPL-2.1-or-later
// One number: Grafana's BigValue.
import { getFieldDisplayValues } from '@grafana/data';
import { BigValue } from '@grafana/ui';
import { applied, configOf } from './fields';
import { seriesOf } from './frames';
import { theme } from './page';

export function Stat({ panel, width, height }: any) {
  const { options } = panel;
  const [value] = getFieldDisplayValues({
    data: applied(panel, seriesOf(panel)),
    fieldConfig: configOf(panel),
    reduceOptions: options.reduceOptions,
    replaceVariables: (text: string) => text,
    sparkline: options.graphMode !== 'none',
    theme,
  });
  return (
    <BigValue
      theme={theme}
      width={width}
      height={height}
      value={value.display}
      sparkline={value.sparkline}
      colorMode={options.colorMode}
      graphMode={options.graphMode}
      justifyMode={options.justifyMode}
      textMode={options.textMode}
    />
  );
}
