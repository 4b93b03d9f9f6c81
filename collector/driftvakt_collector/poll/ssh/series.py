"""From numbers with labels to what a report carries: keys that stay from visit to visit, and values in their order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from driftvakt_collector.poll.ssh.text import line
from driftvakt_wire.names import family
from driftvakt_wire.privacy import Mask

Labels = tuple[tuple[str, str], ...]
Key = tuple[str, Labels]
Sample = tuple[str, Labels, float | int | None]

MAX_SERIES = 5000
"""Of one machine. One with more has its later ones left out."""
_HELP_OF_OTHERS = ("gauge", "")


@dataclass(slots=True)
class Shape:
    """Which series there are: see asking.Shape. series: the keys, which stay when they were encoded."""

    series: Sequence[Key]
    families: dict[str, tuple[str, str]] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    digest: str = ""
    packed: bytes = b""
    left: tuple[int, ...] | None = None


def shaped(
    samples: Iterable[Sample], before: Shape | None = None, *, persons: bool = True
) -> tuple[Shape, list[float | int | None]]:
    """Return the series and their values; the shape of `before` where the series are the same, so it is encoded once.

    persons: whether what may be a person's is told; else it is masked, or its number left out.
    """
    mask = None if persons else Mask()
    found: dict[Key, float | int | None] = {}
    for name, labels, value in samples:
        if len(found) >= MAX_SERIES:
            break
        key: Key | None = (name, tuple((label, line(text)) for label, text in labels))
        if mask is not None and key is not None:
            key = mask.key(*key)
        if key is not None and value is not None:
            found.setdefault(key, value)
    keys = list(found)
    if before is not None and before.series == keys:
        return before, list(found.values())
    others = {name: _HELP_OF_OTHERS for name, _ in keys if family(name) is None}
    return Shape(keys, others, list(keys)), list(found.values())
