// SPDX-License-Identifier: LGPL-2.1-or-later
// Findings are what Grafana's types do not allow: in a dashboard as a whole, in the options and
// custom fields of each kind of panel. Options may be left out: Grafana fills their defaults in.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, basename } from "node:path";
import Ajv from "ajv";
import { createGenerator } from "ts-json-schema-generator";
import { parser } from "@prometheus-io/lezer-promql";

const types = dirname(createRequire(import.meta.url).resolve("@grafana/schema/package.json")) +
  "/dist/types/raw";

function compile(path, type) {
  const schema = createGenerator({
    path: `${types}/${path}/x/types.gen.d.ts`, type, tsconfig: "tsconfig.json",
    skipTypeCheck: true, topRef: true,
  }).createSchema(type);
  return new Ajv({ allErrors: true, strict: false, verbose: true }).compile(schema);
}

const dashboard = compile("dashboard", "Dashboard");
const plugins = new Map();

// Both halves of a panel's own settings; a kind may have no custom fields.
function plugin(type) {
  if (!plugins.has(type)) {
    const path = `composable/${type.replaceAll("-", "")}/panelcfg`;
    let fields = null;
    try {
      fields = compile(path, "FieldConfig");
    } catch (error) {
      if (!String(error).includes("FieldConfig")) throw error;
    }
    plugins.set(type, { options: compile(path, "Options"), fields });
  }
  return plugins.get(type);
}

// The type of an annotation leaves its data source's own fields out; these are Prometheus' (its
// plugin reads them where they are).
const annotation = new Set(["expr", "titleFormat", "textFormat"]);
const relevant = (error) => error.keyword !== "required";
const known = (error) => /^\/annotations\/list\/\d+$/.test(error.instancePath) &&
  annotation.has(error.params.additionalProperty);

// Custom fields: the panel's own and those that it overrides.
function customs(panel) {
  const changed = panel.fieldConfig.overrides.flatMap((one) => one.properties)
    .filter((one) => one.id.startsWith("custom."))
    .map((one) => ({ [one.id.slice("custom.".length)]: one.value }));
  return [panel.fieldConfig.defaults.custom ?? {}, ...changed];
}

function* findings(board) {
  if (!dashboard(board)) {
    for (const error of dashboard.errors.filter((one) => !known(one))) yield [board.uid, error];
  }
  for (const panel of board.panels) {
    if (panel.type === "row") continue;
    const { options, fields } = plugin(panel.type);
    if (!options(panel.options)) {
      for (const error of options.errors.filter(relevant)) yield [`${panel.title}, options`, error];
    }
    for (const custom of customs(panel)) {
      if (fields === null || fields(custom)) continue;
      for (const error of fields.errors.filter(relevant)) yield [`${panel.title}, custom`, error];
    }
  }
}

// As Grafana would send them.
const asked = (expr) => expr.replaceAll("$__rate_interval", "1m").replaceAll("$__range", "1h")
  .replaceAll(/\$\w+/g, ".+");

function mistakes(expr) {
  let count = 0;
  parser.parse(asked(expr)).iterate({ enter: (node) => { count += node.type.isError ? 1 : 0; } });
  return count;
}

let count = 0, queries = 0;
for (const path of process.argv.slice(2)) {
  const board = JSON.parse(readFileSync(path, "utf8"));
  let own = 0;
  for (const [where, error] of findings(board)) {
    own += 1;
    console.log(`${where}${error.instancePath}: ${error.message} ${JSON.stringify(error.params)}`);
  }
  for (const panel of board.panels) {
    for (const target of panel.targets ?? []) {
      queries += 1;
      if (mistakes(target.expr)) {
        own += 1;
        console.log(`${panel.title} ${target.refId}: ${target.expr}`);
      }
    }
  }
  console.log(`${basename(path)}: ${own} findings`);
  count += own;
}
console.log(`${count} findings in ${process.argv.length - 2} dashboards, ` +
  `${queries} queries parsed, ${plugins.size} kinds of panels`);
process.exit(count ? 1 : 0);
