# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules for panels: what linter.py says of itself holds here."""

import collections

import catalogue as lib

UNITS = {"short", "none", "s", "ms", "iops", "ops", "Bps", "bytes", "percentunit",
         "dateTimeFromNow"}
TYPES = {"stat", "timeseries", "heatmap", "table", "state-timeline"}


def of_type(board, kind):
    return [panel for panel in lib.panels(board) if panel["type"] == kind]


def defaults(panel):
    return panel["fieldConfig"]["defaults"]


def panel_datasource(board):
    for panel in lib.panels(board):
        for one in [panel] + panel["targets"]:
            if one["datasource"] != {"type": "prometheus", "uid": "${datasource}"}:
                yield panel["title"]


def panel_title_description(board):
    """A title of its own, and a description that can say what is bad and what to do."""
    titles = collections.Counter(panel["title"] for panel in board["panels"])
    yield from (f"{title} twice" for title, count in titles.items() if count > 1)
    for panel in lib.panels(board):
        if not 60 <= len(panel["description"]) <= 260:
            yield f"{panel['title']}: description of {len(panel['description'])} characters"
        elif ":" not in panel["description"] and ";" not in panel["description"]:
            yield f"{panel['title']}: a description that leads from what is seen to what to do"


def panel_units(board):
    for panel in lib.panels(board):
        for target in panel["targets"]:
            if lib.unit(panel, target) not in UNITS:
                yield f"{panel['title']}: {lib.unit(panel, target)}"


def panel_no_targets(board):
    for panel in lib.panels(board):
        names = [target["refId"] for target in panel["targets"]]
        if not names or len(names) != len(set(names)):
            yield panel["title"]


def panel_type(board):
    """Kinds that every Grafana has since 10, without plugins."""
    for panel in lib.panels(board):
        if panel["type"] not in TYPES:
            yield f"{panel['title']}: {panel['type']}"


def thresholds(board):
    """The first step has no value, the others rise."""
    for panel in lib.panels(board):
        found = [defaults(panel).get("thresholds")]
        found += [prop["value"] for override in panel["fieldConfig"]["overrides"]
                  for prop in override["properties"] if prop["id"] == "thresholds"]
        for one in filter(None, found):
            values = [step["value"] for step in one["steps"]]
            if values[0] is not None or values[1:] != sorted(values[1:]):
                yield f"{panel['title']}: {values}"


def timeseries_form(board):
    """Gaps stay gaps, legends have figures, scales begin at 0."""
    for panel in of_type(board, "timeseries"):
        custom, legend = defaults(panel)["custom"], panel["options"]["legend"]
        if custom["spanNulls"] is not False:
            yield f"{panel['title']}: bridges gaps"
        if not {"mean", "max"} <= set(legend["calcs"]) or legend["displayMode"] != "table":
            yield f"{panel['title']}: a legend without figures"
        if defaults(panel).get("min") != 0:
            yield f"{panel['title']}: does not begin at 0"
        if panel["options"]["tooltip"]["mode"] != "multi":
            yield f"{panel['title']}: a tooltip with one line only"
        if not all(target["legendFormat"] for target in panel["targets"]):
            yield f"{panel['title']}: a line without a name"


def heatmap_form(board):
    """Made from Prometheus' own buckets, empty cells empty."""
    for panel in of_type(board, "heatmap"):
        options, target = panel["options"], panel["targets"][0]
        if options["calculate"] or target["format"] != "heatmap" or not options["filterValues"]:
            yield panel["title"]
        if target["legendFormat"] != "{{le}}" or options["yAxis"]["unit"] != "s":
            yield f"{panel['title']}: names or unit of its rows"


def table_form(board):
    """Can be filtered and sorted, shows now and not a range, no column of times."""
    for panel in of_type(board, "table"):
        if not defaults(panel)["custom"]["filterable"] or not panel["options"]["sortBy"]:
            yield f"{panel['title']}: neither filtered nor sorted"
        if not all(one["instant"] and one["format"] == "table" for one in panel["targets"]):
            yield f"{panel['title']}: a query over a range"
        organize = panel["transformations"][-1]
        if organize["id"] != "organize" or not organize["options"]["excludeByName"].get("Time"):
            yield f"{panel['title']}: shows the time of the query"


def stat_form(board):
    """One last value, as text and not as colour alone."""
    for panel in of_type(board, "stat"):
        options = panel["options"]
        if options["reduceOptions"]["calcs"] != ["lastNotNull"]:
            yield f"{panel['title']}: {options['reduceOptions']['calcs']}"
        if options["textMode"] not in ("value", "value_and_name"):
            yield f"{panel['title']}: a colour without its value"
        if not defaults(panel).get("noValue"):
            yield f"{panel['title']}: no word for no data"


def results(mapping):
    """What a value mapping shows: one for each value, or one for all that a special one matches."""
    options = mapping["options"]
    return [options["result"]] if mapping["type"] == "special" else options.values()


def colour_is_not_the_only_cue(board):
    """States have words; cells are coloured text; a red line has a stroke of its own."""
    for panel in lib.panels(board):
        overrides = panel["fieldConfig"]["overrides"]
        properties = [{prop["id"]: prop["value"] for prop in one["properties"]}
                      for one in overrides]
        found = [one.get("mappings", []) for one in [defaults(panel)] + properties]
        for mapping in (each for mappings in found for each in mappings):
            words = [state.get("text") for state in results(mapping)]
            if None in words or "" in words or len(set(words)) != len(words):
                yield f"{panel['title']}: a state without a word"
        for one in properties:
            if one.get("custom.cellOptions", {}).get("type") == "color-background":
                yield f"{panel['title']}: a cell that is only a colour"
            red = one.get("color", {}).get("fixedColor") == "red"
            if red and panel["type"] == "timeseries" and "custom.lineStyle" not in one:
                yield f"{panel['title']}: a red line like the green one"
        if panel["type"] == "state-timeline" and not defaults(panel)["mappings"]:
            yield f"{panel['title']}: a state without a word"


RULES = [panel_datasource, panel_title_description, panel_units, panel_no_targets, panel_type,
         thresholds, timeseries_form, heatmap_form, table_form, stat_form,
         colour_is_not_the_only_cue]
