"""A board: groups of panels, laid out in Grafana's grid, and the variables that all boards share."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboards.made import panel as panels
from dashboards.made.panel import SOURCE, Panel

TAG = "driftvakt"
SCHEMA = 42
"""The version of the classic form that Grafana 12 and 13 write; older ones from 10 on read it."""
GRID = 24
EVERYTHING = ".*"

WHERE = 'zone=~"$zone",administration=~"$administration",site=~"$site",class=~"$class"'
"""What a series of a host must be of to be shown."""
ONE = f'{WHERE},instance=~"$instance"'
"""The same, where a board is of chosen hosts."""
NO_SITE = 'zone=~"$zone",administration=~"$administration",class=~"$class"'
"""The same, for series of the collector that count over all sites."""

_LABELS = {"zone": "Zone", "administration": "Administration", "site": "Site", "class": "Class"}


@dataclass(frozen=True)
class Group:
    """Panels under a heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Board:
    """A dashboard. uid: stays the same for ever, for links lead to it.

    anchor: the series whose labels may be chosen from, so that a board of printers offers the sites that have some; a
    name, or a matcher of several.
    instance: whether hosts can be chosen too. one: that exactly one of them is shown.
    """

    uid: str
    title: str
    description: str
    anchor: str
    groups: tuple[Group, ...]
    instance: bool = False
    one: bool = False


def as_json(board: Board) -> dict[str, object]:
    """Return a board as Grafana keeps it, the same for the same board."""
    return {
        "uid": board.uid,
        "title": f"driftvakt / {board.title}",
        "description": board.description,
        "tags": [TAG],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "links": [_links()],
        "annotations": {"list": []},
        "templating": {"list": list(_variables(board))},
        "panels": list(_placed(board.groups)),
    }


def _links() -> dict[str, object]:
    return {
        "type": "dashboards", "title": "driftvakt", "tags": [TAG], "asDropdown": True, "includeVars": True,
        "keepTime": True, "targetBlank": False, "icon": "external link", "tooltip": "", "url": "",
    }  # fmt: skip


def _variables(board: Board) -> Iterator[dict[str, object]]:
    """Each choice is narrowed by those before it."""
    yield {
        "type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus", "regex": "",
        "hide": 0, "includeAll": False, "multi": False, "options": [], "refresh": 1, "current": {},
    }  # fmt: skip
    chosen: list[str] = []
    for name, label in _LABELS.items():
        yield _choice(name, label, f"label_values({_selector(board.anchor, chosen)}, {name})")
        chosen.append(f'{name}=~"${name}"')
    if board.instance or board.one:
        query = f"label_values({_selector(board.anchor, chosen)}, instance)"
        yield _choice("instance", "Host", query, several=not board.one)


def _selector(anchor: str, chosen: Sequence[str]) -> str:
    if anchor.startswith("__name__"):
        return f"{{{','.join((anchor, *chosen))}}}"
    return f"{anchor}{{{','.join(chosen)}}}"


def _choice(name: str, label: str, query: str, *, several: bool = True) -> dict[str, object]:
    told: dict[str, object] = {
        "type": "query", "name": name, "label": label, "datasource": SOURCE, "definition": query,
        "query": {"query": query, "refId": f"choices of {name}", "qryType": 1}, "regex": "", "sort": 1, "refresh": 2,
        "hide": 0, "multi": several, "includeAll": several, "options": [],
    }  # fmt: skip
    if several:
        # Matches also what has no such label, as an alert of a whole zone.
        told |= {"allValue": EVERYTHING, "current": {"text": ["All"], "value": ["$__all"], "selected": True}}
    else:
        told["current"] = {}
    return told


def _placed(groups: Sequence[Group]) -> Iterator[dict[str, object]]:
    """Lay panels out from left to right; a new line begins where one no longer fits, and with each heading."""
    number = y = 0
    for group in groups:
        number += 1
        yield {
            "id": number, "type": "row", "title": group.title, "collapsed": False, "panels": [],
            "gridPos": {"x": 0, "y": y, "w": GRID, "h": 1},
        }  # fmt: skip
        y, x, tallest = y + 1, 0, 0
        for one in group.panels:
            if x + one.width > GRID:
                x, y, tallest = 0, y + tallest, 0
            number += 1
            yield panels.as_json(one, number, x, y)
            x, tallest = x + one.width, max(tallest, one.height)
        y += tallest
