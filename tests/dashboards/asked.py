"""The queries of a board, as Grafana would ask them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from collecting import ROOT

RULES = ROOT / "dashboards" / "rules"


@dataclass(frozen=True)
class Asked:
    """A query of a panel. newest: of one moment, not of a span."""

    board: str
    panel: str
    letter: str
    expr: str
    newest: bool

    def __str__(self) -> str:
        return f"{self.board}: {self.panel} {self.letter}"

    def filled(self, chosen: Mapping[str, str]) -> str:
        """Return it with each variable replaced by what was chosen, everything where nothing was."""
        return re.sub(r"\$(\w+)", lambda found: chosen.get(found[1], ".*"), self.expr)


def panels(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the panels of a board without its headings."""
    yield from (one for one in board["panels"] if one["type"] != "row")


def queries(board: dict[str, Any]) -> Iterator[Asked]:
    """Return every query of a board."""
    for panel in panels(board):
        for target in panel["targets"]:
            where = (board["uid"].removeprefix("driftvakt-"), panel["title"], target["refId"])
            yield Asked(*where, target["expr"], target["instant"])


def choices(board: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Return the variables to choose from: name, the label, and the series whose labels they are."""
    for one in board["templating"]["list"]:
        found = re.fullmatch(r"label_values\((.+), (\w+)\)", one.get("definition", ""))
        if found:
            yield one["name"], found[2], found[1]
