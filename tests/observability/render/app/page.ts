// SPDX-License-Identifier: LGPL-2.1-or-later
// What draw.py leaves in the page: a dashboard's JSON, what Prometheus answered, and how to draw.
import { createTheme, dateTime, type TimeRange } from '@grafana/data';

export interface Series {
  metric: Record<string, string>;
  values?: Array<[number, string]>; // over time
  value?: [number, string]; // asked once
}

export interface Page {
  board: any;
  answers: Record<string, Record<string, Series[]>>; // by panel's id and query's refId
  annotations: Array<{ name: string; color: string; at: number[] }>;
  chosen: Record<string, string>; // what the variables stand on, as words
  from: number; // seconds
  to: number;
  step: number;
  width: number;
  mode: 'dark' | 'light';
  made: string;
}

export const page: Page = (window as any).PAGE;
export const theme = createTheme({ colors: { mode: page.mode } });
const from = dateTime(page.from * 1000);
const to = dateTime(page.to * 1000);
export const range: TimeRange = { from, to, raw: { from, to } };
