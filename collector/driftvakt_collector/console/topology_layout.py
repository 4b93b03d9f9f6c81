"""Where the boxes of a drawing stand: a tree from left to right, a column a layer. Pure, and the same every time.

Each box without children has a row of its own; a parent stands half-way between its first and its last child.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 208, 46
"""Of a box."""
GAP, ROW = 56, 58
"""Between two columns, and from one row to the next."""
MARGIN = 8
_MOST_LAYERS = 16
"""A chain that is longer goes on in the first column, so that no cable makes a page without end."""


@dataclass(frozen=True)
class Place:
    """The upper left corner of a box."""

    x: int
    y: int

    @property
    def middle(self) -> int:
        """How far down its middle is."""
        return self.y + HEIGHT // 2


@dataclass(frozen=True)
class Layout:
    """places: by key. layer: the column of each. width, height: of the whole drawing."""

    places: Mapping[str, Place]
    width: int
    height: int


def layout(parents: Mapping[str, str]) -> Layout:
    """Return where each stands. parents: key to that of its parent, empty for a root; in the order of drawing.

    A parent that is not drawn, or that leads round in a circle, counts as none.
    """
    children: dict[str, list[str]] = {}
    for key, parent in parents.items():
        children.setdefault(parent if parent in parents and parent != key else "", []).append(key)
    roots = list(children.get("", ()))
    layers: dict[str, int] = {}
    order: list[str] = []
    for at in range(len(parents) + 1):
        _walk(roots, children, layers, order)
        left = [key for key in parents if key not in layers]
        if not left or at == len(parents):
            break
        # What is left hangs in a circle, or deeper than we draw.
        roots = [next((key for key in left if parents[key] in layers), left[0])]
    rows = _rows(order, children, layers)
    places = {
        key: Place(MARGIN + layers[key] * (WIDTH + GAP), MARGIN + round(rows[key] * ROW)) for key in parents
    }  # fmt: skip
    width = max((place.x for place in places.values()), default=0) + WIDTH + MARGIN
    height = max((place.y for place in places.values()), default=0) + HEIGHT + MARGIN
    return Layout(places, width, height)


def _walk(
    roots: Sequence[str], children: Mapping[str, Sequence[str]], layers: dict[str, int], order: list[str]
) -> None:
    """Give each that hangs below these its layer, parents before their children."""
    stack = [(key, 0) for key in reversed(roots)]
    while stack:
        key, layer = stack.pop()
        if key in layers or layer >= _MOST_LAYERS:
            continue
        layers[key] = layer
        order.append(key)
        stack += [(child, layer + 1) for child in reversed(children.get(key, ()))]


def _rows(order: Sequence[str], children: Mapping[str, Sequence[str]], layers: Mapping[str, int]) -> dict[str, float]:
    rows: dict[str, float] = {}
    below = {
        key: [child for child in children.get(key, ()) if layers.get(child) == layers[key] + 1] for key in order
    }  # fmt: skip
    row = 0
    for key in order:
        if not below[key]:
            rows[key] = row
            row += 1
    for key in reversed(order):
        if below[key]:
            rows[key] = (rows[below[key][0]] + rows[below[key][-1]]) / 2
    return rows


def wire(upper: Place, lower: Place) -> str:
    """Return the path of a cable from a box to one in a later column; else it swings out to the right of both."""
    begin = upper.x + WIDTH
    if lower.x > begin:
        half = (begin + lower.x) // 2
        return f"M{begin} {upper.middle}H{half}V{lower.middle}H{lower.x}"
    end, out = lower.x + WIDTH, max(begin, lower.x + WIDTH) + GAP // 2
    return f"M{begin} {upper.middle}C{out} {upper.middle} {out} {lower.middle} {end} {lower.middle}"
