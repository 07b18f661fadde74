# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a dashboard must be: the rules of Grafana's dashboard-linter and of NetApp Harvest's tests
that make sense here, and our own. A rule is a function of a dashboard that gives sentences, one for
each fault; linter_self_test.py breaks a dashboard for each of them.

Left out, with the reason:
- target-logql, target-logql-auto: every query goes to Prometheus, which panel_datasource holds.
- template-instance, target-instance: `gateway` has their place. One exporter can serve several
  gateways of a host, and a moved port must not cut a gateway's history in two.
- Harvest's "only the first row is expanded": three of our rows would hide the answer to "why"; the
  number of queries is bounded instead.
- Harvest's "refresh is off" and "interval is set": a page that hangs in a control room refreshes;
  $__rate_interval follows the data source's scrape interval."""

import re

import catalogue as lib
import linter_panels
import linter_queries
import promql

QUERIES_MAX = 40
SHARED = ["job", "gateway", "target", "lun", "initiator"]


def head(board):
    """uneditable-dashboard, id null, uid and tags set, a version that Grafana 10 reads."""
    wanted = {"id": None, "editable": False, "schemaVersion": 39, "timezone": "browser"}
    for key, value in wanted.items():
        if board[key] != value:
            yield f"{key} is {board[key]}"
    if not re.fullmatch(r"lungate-[a-z]+", board["uid"]):
        yield f"uid {board['uid']}"
    if "lungate" not in board["tags"]:
        yield "no tag by which the dashboards find each other"
    if not board["description"] or not board["title"]:
        yield "no title or no description"
    if not re.fullmatch(r"\d+s|\d+m", board["refresh"]) or board["time"]["to"] != "now":
        yield "refresh or time range"


def query_count(board):
    """No page that brings Prometheus to its knees."""
    count = len(lib.targets(board))
    if count > QUERIES_MAX:
        yield f"{count} queries"


def template_datasource(board):
    first = board["templating"]["list"][0]
    if (first["name"], first["type"], first["query"]) != ("datasource", "datasource", "prometheus"):
        yield "the first variable is not the data source"


def templates(board):
    """template-job, template-label-promql, template-on-time-change-reload; all, sorted, multi."""
    variables = board["templating"]["list"][1:]
    if [variable["name"] for variable in variables] != SHARED:
        yield f"not the variables of the others: a link would lose {SHARED}"
    for variable in variables:
        where = variable["name"]
        if variable["type"] != "query" or variable["datasource"]["uid"] != "${datasource}":
            yield f"{where}: not a query of the chosen data source"
        if variable["refresh"] != 2:
            yield f"{where}: not asked again when the time range changes"
        one = board["uid"] == "lungate-lun" and where in ("gateway", "target", "lun")
        every = variable["includeAll"] or one
        if not (variable["multi"] and every and variable["sort"]):
            yield f"{where}: no choice of several or all, or unsorted"
        if variable["includeAll"] and variable["allValue"] not in (".+", ".*"):
            yield f"{where}: allValue {variable['allValue']}"
        if lib.label_values(variable["query"]["query"]) is None:
            yield f"{where}: {variable['query']['query']}"


def templates_used(board):
    """A variable is shown where a panel asks for it, and only there."""
    asked = " ".join(target["expr"] for _, target in lib.targets(board))
    for variable in board["templating"]["list"][1:]:
        used = re.search(rf"\${variable['name']}\b", asked) is not None
        if used != (variable["hide"] == 0):
            yield f"{variable['name']} is {'used and hidden' if used else 'shown and unused'}"


def places(board):
    """Panels have ids of their own, lie within the 24 columns and on nobody else."""
    ids = [panel["id"] for panel in board["panels"]]
    if len(ids) != len(set(ids)):
        yield "an id twice"
    taken = {}
    for panel in board["panels"]:
        at = panel["gridPos"]
        if at["x"] + at["w"] > 24 or at["w"] < 3:
            yield f"{panel['title']}: too far right or too narrow"
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                if (x, y) in taken:
                    yield f"{panel['title']} lies on {taken[x, y]}"
                    return
                taken[x, y] = panel["title"]


def reading_order(board):
    """Rows are questions, the first one whether all is well, and none is closed."""
    rows = [panel for panel in board["panels"] if panel["type"] == "row"]
    if not rows or board["panels"][0] is not rows[0] or "fine" not in rows[0]["title"]:
        yield "does not begin with whether all is fine"
    for row in rows:
        if row["collapsed"] or row["panels"] or "?" not in row["title"]:
            yield f"row {row['title']}"


def dashboard_links(board):
    """A way to every other dashboard that keeps what was chosen."""
    ways = [link for link in board["links"] if link["type"] == "dashboards"]
    if not any(link["includeVars"] and link["keepTime"] and set(link["tags"]) <= set(board["tags"])
               and not link["targetBlank"] for link in ways):
        yield "no link that keeps variables and time"


def annotations(board):
    names = {one["name"] for one in board["annotations"]["list"] if one["enable"]}
    if names != {"Restarts of a target", "Configuration changes"}:
        yield f"annotations {sorted(names)}"
    for one in board["annotations"]["list"]:
        if one["datasource"]["uid"] != "${datasource}" or "$__rate_interval" not in one["expr"]:
            yield one["name"]


def urls(board):
    """Links of panels and cells lead to dashboards and variables that exist."""
    boards = {each["uid"]: each for each in lib.dashboards()} | {board["uid"]: board}
    for panel in lib.panels(board):
        for link in panel.get("links", []):
            yield from wrong_url(panel, link["url"], boards)
            if "${__all_variables}" not in link["url"] or board["uid"] in link["url"]:
                yield f"{panel['title']}: {link['url']} loses variables, or leads here"
        for override in panel["fieldConfig"]["overrides"]:
            for prop in override["properties"]:
                for link in prop["value"] if prop["id"] == "links" else []:
                    yield from wrong_url(panel, link["url"], boards)


def panel_links(board):
    """Panels lead on to two other dashboards at least: the next question is a click away."""
    found = {link["url"].split("?")[0] for panel in lib.panels(board)
             for link in panel.get("links", [])}
    if len(found) < 2:
        yield f"leads on to {sorted(found)} only"


def wrong_url(panel, url, boards):
    uid = re.match(r"/d/([\w-]+)", url)
    if uid is None or uid.group(1) not in boards:
        yield f"{panel['title']}: {url} leads nowhere"
        return
    there = {variable["name"] for variable in boards[uid.group(1)]["templating"]["list"]}
    asked = set(re.findall(r"var-(\w+)=", url)) | set(re.findall(r"\$\{(\w+):queryparam\}", url))
    if asked - there:
        yield f"{panel['title']}: {url} sets {sorted(asked - there)}"
    if "${__all_variables}" in url:
        asked |= {"datasource"}
    if "${__url_time_range}" not in url or "datasource" not in asked:
        yield f"{panel['title']}: {url} loses time range or data source"
    kept = {field for target in panel["targets"] for field in by_labels(target["expr"])}
    if set(re.findall(r"__data\.fields\.(\w+)", url)) - kept:
        yield f"{panel['title']}: {url} reads a column that is not there"


def by_labels(expr):
    return {label for node, _ in promql.parse(expr).walk() for label in node.labels + node.extra}


RULES = [head, query_count, template_datasource, templates, templates_used, places, reading_order,
         dashboard_links, annotations, urls, panel_links]
RULES += linter_panels.RULES + linter_queries.RULES


def lint(board, rules=None):
    """What is wrong: (rule, sentence)."""
    return [(rule.__name__, sentence) for rule in rules or RULES for sentence in rule(board)]
