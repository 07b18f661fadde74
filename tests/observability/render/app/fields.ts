// SPDX-License-Identifier: LGPL-2.1-or-later
// A panel's units, thresholds, colours and overrides, applied by Grafana's own code. What an option
// is called Grafana itself knows from the plugin of each panel; here from the options that the
// panel has.
import {
  applyFieldOverrides,
  type DataFrame,
  FieldColorModeId,
  FieldConfigOptionsRegistry,
  identityOverrideProcessor,
  thresholdsOverrideProcessor,
} from '@grafana/data';
import { theme } from './page';

function option(id: string): any {
  const isCustom = id.startsWith('custom.');
  return {
    id,
    isCustom,
    name: id,
    path: isCustom ? id.slice('custom.'.length) : id,
    process: id === 'thresholds' ? thresholdsOverrideProcessor : identityOverrideProcessor,
    shouldApply: () => true,
  };
}

function optionsOf(config: any): FieldConfigOptionsRegistry {
  const own = Object.keys(config.defaults).filter((id) => id !== 'custom');
  const custom = Object.keys(config.defaults.custom ?? {}).map((id) => `custom.${id}`);
  const overridden = config.overrides.flatMap((each: any) =>
    each.properties.map((one: any) => one.id),
  );
  const ids = [...new Set([...own, ...custom, ...overridden])];
  return new FieldConfigOptionsRegistry(() => ids.map(option));
}

// Kinds of panels begin with one of these when the dashboard does not say.
const colours: Record<string, FieldColorModeId> = {
  timeseries: FieldColorModeId.PaletteClassic,
  stat: FieldColorModeId.Thresholds,
  table: FieldColorModeId.Thresholds,
};

export function configOf(panel: any): any {
  const config = structuredClone(panel.fieldConfig);
  config.defaults.color ??= { mode: colours[panel.type] ?? FieldColorModeId.Thresholds };
  const first = config.defaults.thresholds?.steps[0];
  if (first) first.value = -Infinity; // JSON has no such number
  return config;
}

export function applied(panel: any, data: DataFrame[]): DataFrame[] {
  const fieldConfig = configOf(panel);
  return applyFieldOverrides({
    data,
    fieldConfig,
    theme,
    timeZone: 'browser',
    fieldConfigRegistry: optionsOf(fieldConfig),
    replaceVariables: (text: string) => text,
  });
}
