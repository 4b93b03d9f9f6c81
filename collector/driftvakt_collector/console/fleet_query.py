"""What the fleet page is asked for: filters, order, page. Read from the URL and written back to it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

PROBLEMS = "problems"
"""Stands for late and silent together."""

SORTS = ("name", "state", "administration", "site", "cpu", "memory", "disk", "load", "last")
DIMENSIONS = ("state", "zone", "administration", "site", "class", "vendor", "model")
_LARGE_FIRST = frozenset({"cpu", "memory", "disk", "load"})
_MAX_TEXT = 300
_MAX_PAGE = 1_000_000


@dataclass(frozen=True)
class FleetQuery:
    """An empty text filters nothing. sort: one of SORTS, empty for problems first. backwards: against its own order."""

    search: str = ""
    state: str = ""
    zone: str = ""
    administration: str = ""
    site: str = ""
    class_: str = ""
    vendor: str = ""
    model: str = ""
    sort: str = ""
    backwards: bool = False
    page: int = 1

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "FleetQuery":
        """Return the query of a URL. What can't be understood counts as not given."""
        texts = {name: parameters.get(name, "")[:_MAX_TEXT] for name in DIMENSIONS}
        sort = parameters.get("sort", "")
        page = parameters.get("page", "1")
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 8 else 1
        return cls(
            search=parameters.get("q", "")[:_MAX_TEXT].strip(),
            state=texts["state"],
            zone=texts["zone"],
            administration=texts["administration"],
            site=texts["site"],
            class_=texts["class"],
            vendor=texts["vendor"],
            model=texts["model"],
            sort=sort if sort in SORTS else "",
            backwards=parameters.get("order", "") == "back",
            page=min(max(1, number), _MAX_PAGE),
        )

    def text(self, dimension: str) -> str:
        """Return what a dimension is filtered by."""
        return str(getattr(self, "class_" if dimension == "class" else dimension))

    def url(self) -> str:
        """Return the link that asks this."""
        parameters = {"q": self.search, **{name: self.text(name) for name in DIMENSIONS}, "sort": self.sort}
        if self.backwards:
            parameters["order"] = "back"
        if self.page > 1:
            parameters["page"] = str(self.page)
        told = urlencode({name: text for name, text in parameters.items() if text}, errors="replace")
        return f"/?{told}" if told else "/"

    def only(self, dimension: str, text: str) -> "FleetQuery":
        """Return the query with another filter, from its first page."""
        return replace(self, **{"class_" if dimension == "class" else dimension: text, "page": 1})  # type: ignore[arg-type]

    def on_page(self, page: int) -> "FleetQuery":
        """Return the query for another page."""
        return replace(self, page=page)

    def sorted_by(self, sort: str) -> "FleetQuery":
        """Return the query in another order; asking for the order that it has turns it round."""
        return replace(self, sort=sort, backwards=self.sort == sort and not self.backwards, page=1)

    @property
    def descending(self) -> bool:
        """Say if the table runs from large to small."""
        return (self.sort in _LARGE_FIRST) != self.backwards

    @property
    def filtered(self) -> bool:
        """Say if any host may be left out."""
        return bool(self.search) or any(self.text(name) for name in DIMENSIONS)
