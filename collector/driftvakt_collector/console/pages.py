"""Templates to bytes."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from driftvakt_collector.console import quantity
from driftvakt_collector.console.assets import Assets
from driftvakt_wire import RELEASE

_HERE = Path(__file__).parent
_UNPRINTABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
"""What HTML does not allow anywhere (WHATWG, 13.2.3.5)."""


class Pages:
    """Renders templates; every value that they show is escaped."""

    def __init__(self) -> None:
        self.assets = Assets(_HERE / "static")
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        # Of whoever is logged in, `may` says what is shown.
        self._templates.globals.update(asset=self.assets.url, release=RELEASE, may=frozenset())
        self._templates.filters["number"] = quantity.digits

    def render(self, template: str, **context: object) -> bytes:
        """Return a page in UTF-8."""
        html = self._templates.get_template(template).render(context)
        return _UNPRINTABLE.sub("\ufffd", html).encode("utf-8", "replace")
