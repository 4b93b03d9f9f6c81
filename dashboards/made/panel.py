"""The kinds of panel, as plain values, and what Grafana is told of each.

A unit is one of Grafana's names: `percentunit` is a ratio of 0 to 1, `bytes` are of 1024, `Bps` bytes a second, `s`
seconds, `short` a bare number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

SOURCE: Mapping[str, object] = {"type": "prometheus", "uid": "${datasource}"}
"""The data source that the reader of a board chose."""

Steps = Sequence[tuple[float | None, str]]
"""From which value on a colour counts; the first from None, which is from the lowest."""

PLAIN: Steps = ((None, "green"),)
ANY_IS_BAD: Steps = ((None, "green"), (1, "red"))
ANY_IS_ODD: Steps = ((None, "green"), (1, "orange"))
FULL: Steps = ((None, "green"), (0.8, "orange"), (0.9, "red"))
EMPTY: Steps = ((None, "red"), (0.1, "orange"), (0.25, "green"))
UP: Steps = ((None, "red"), (1, "green"))


class Kind(Enum):
    """What a panel looks like; the value is Grafana's name of it."""

    STAT = "stat"
    GRAPH = "timeseries"
    BARS = "bargauge"
    TABLE = "table"
    STATES = "state-timeline"


@dataclass(frozen=True)
class Query:
    """A PromQL query. legend: how each series is called, as `{{instance}}`. newest: one moment, not the whole time."""

    expr: str
    legend: str = ""
    newest: bool = False


@dataclass(frozen=True)
class Panel:
    """A panel. width, height: in Grafana's grid of 24 columns.

    bounds: of the axis or the bars, where they are known. stacked: areas on top of each other. columns: of a table, the
    labels to show with their headings; the value is called by `value`. words: what a value stands for, as 1: "up".
    link: of a table whose first column is the instance, or of bars: the uid of the board that a click leads to.
    """

    kind: Kind
    title: str
    description: str
    unit: str
    queries: tuple[Query, ...]
    width: int = 12
    height: int = 8
    steps: Steps = PLAIN
    bounds: tuple[float | None, float | None] = (None, None)
    stacked: bool = False
    columns: tuple[tuple[str, str], ...] = ()
    value: str = "Value"
    words: tuple[tuple[float, str, str], ...] = ()
    link: str = ""


def stat(title: str, description: str, unit: str, expr: str, steps: Steps = PLAIN, width: int = 4) -> Panel:
    """Return one large number."""
    return Panel(Kind.STAT, title, description, unit, (Query(expr, title, newest=True),), width, 4, steps)


def graph(
    title: str,
    description: str,
    unit: str,
    *queries: Query,
    width: int = 12,
    stacked: bool = False,
    bounds: tuple[float | None, float | None] = (None, None),
) -> Panel:
    """Return lines over time."""
    return Panel(Kind.GRAPH, title, description, unit, queries, width, stacked=stacked, bounds=bounds)


def bars(
    title: str,
    description: str,
    unit: str,
    query: Query,
    steps: Steps = PLAIN,
    width: int = 12,
    bounds: tuple[float | None, float | None] = (0, None),
    link: str = "",
) -> Panel:
    """Return a bar for each series, as it is now."""
    newest = Query(query.expr, query.legend, newest=True)
    return Panel(Kind.BARS, title, description, unit, (newest,), width, steps=steps, bounds=bounds, link=link)


def table(
    title: str,
    description: str,
    unit: str,
    expr: str,
    columns: Mapping[str, str],
    value: str,
    steps: Steps = PLAIN,
    width: int = 12,
    link: str = "",
) -> Panel:
    """Return a row for each series, as it is now. columns: label to heading."""
    query = (Query(expr, newest=True),)
    shown = tuple(columns.items())
    return Panel(Kind.TABLE, title, description, unit, query, width, 9, steps, columns=shown, value=value, link=link)


def states(
    title: str, description: str, query: Query, words: Mapping[float, tuple[str, str]], width: int = 24
) -> Panel:
    """Return how states followed each other. words: of each value its name and colour."""
    told = tuple((value, *one) for value, one in words.items())
    return Panel(Kind.STATES, title, description, "short", (query,), width, words=told)


def as_json(panel: Panel, number: int, x: int, y: int) -> dict[str, object]:
    """Return a panel at a place in the grid, as Grafana keeps it."""
    made: dict[str, object] = {
        "id": number,
        "type": panel.kind.value,
        "title": panel.title,
        "description": panel.description,
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height},
        "fieldConfig": {"defaults": _field(panel), "overrides": []},
        "options": _options(panel),
        "targets": [_target(panel, query, letter) for query, letter in zip(panel.queries, "ABCDEFGH", strict=False)],
    }
    if panel.kind is Kind.TABLE:
        made["transformations"] = _organised(panel)
    return made


def _target(panel: Panel, query: Query, letter: str) -> dict[str, object]:
    shape = "table" if panel.kind is Kind.TABLE else "time_series"
    told: dict[str, object] = {"refId": letter, "datasource": SOURCE, "editorMode": "code", "expr": query.expr}
    return told | {
        "format": shape, "instant": query.newest, "range": not query.newest,
        "legendFormat": query.legend or "__auto",
    }  # fmt: skip


def _field(panel: Panel) -> dict[str, object]:
    low, high = panel.bounds
    steps = [{"color": colour, "value": value} for value, colour in panel.steps]
    told: dict[str, object] = {
        "unit": panel.unit,
        "color": {"mode": "palette-classic" if panel.kind is Kind.GRAPH else "thresholds"},
        "thresholds": {"mode": "absolute", "steps": steps},
        "mappings": _mappings(panel),
    }
    if low is not None:
        told["min"] = low
    if high is not None:
        told["max"] = high
    if panel.kind is Kind.GRAPH:
        told["custom"] = {
            "drawStyle": "line", "lineWidth": 1, "fillOpacity": 30 if panel.stacked else 0, "showPoints": "never",
            "spanNulls": False, "stacking": {"group": "A", "mode": "normal" if panel.stacked else "none"},
        }  # fmt: skip
    if panel.kind is Kind.TABLE:
        told["custom"] = {"cellOptions": {"type": "auto"}, "filterable": True}
    if panel.link:
        # What is clicked on says which host: of a row its first column, of a bar its label.
        which = "${__data.fields[0]}" if panel.kind is Kind.TABLE else "${__field.labels.instance}"
        url = f"/d/{panel.link}?var-instance={which}&${{datasource:queryparam}}&${{__url_time_range}}"
        told["links"] = [{"title": "Show the host", "url": url}]
    return told


def _mappings(panel: Panel) -> list[dict[str, object]]:
    if not panel.words:
        return []
    options = {
        f"{value:g}": {"text": text, "color": colour, "index": place}
        for place, (value, text, colour) in enumerate(panel.words)
    }
    return [{"type": "value", "options": options}]


def _options(panel: Panel) -> dict[str, object]:
    reduced = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    match panel.kind:
        case Kind.STAT:
            return {"reduceOptions": reduced, "colorMode": "value", "graphMode": "none", "textMode": "value"}
        case Kind.BARS:
            return {
                "reduceOptions": reduced, "orientation": "horizontal", "displayMode": "basic", "showUnfilled": True,
                "valueMode": "color",
            }  # fmt: skip
        case Kind.GRAPH:
            return {
                "legend": {
                    "calcs": ["mean", "max", "lastNotNull"],
                    "displayMode": "table",
                    "placement": "bottom",
                    "showLegend": True,
                },
                "tooltip": {"mode": "multi", "sort": "desc"},
            }
        case Kind.TABLE:
            # The worst on top: that is the least where little is red.
            falls = panel.steps[0][1] != "red"
            return {"showHeader": True, "cellHeight": "sm", "sortBy": [{"displayName": panel.value, "desc": falls}]}
        case Kind.STATES:
            return {
                "mergeValues": True, "showValue": "auto", "rowHeight": 0.8,
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            }  # fmt: skip


def _organised(panel: Panel) -> list[dict[str, object]]:
    """Show the columns that were asked for, in that order and under their headings, and no others."""
    headings = {**dict(panel.columns), "Value": panel.value}
    return [
        {"id": "filterFieldsByName", "options": {"include": {"names": list(headings)}}},
        {
            "id": "organize",
            "options": {
                "indexByName": {name: place for place, name in enumerate(headings)},
                "renameByName": headings,
                "excludeByName": {},
            },
        },
    ]
