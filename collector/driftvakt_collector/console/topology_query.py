"""What the topology page is asked for. Read from the URL and written back to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

_MAX_TEXT = 300


@dataclass(frozen=True)
class TopologyQuery:
    """behind: an origin, whose links alone are listed. words: that a site's name must have. page: from 0."""

    zone: str = ""
    site: str = ""
    behind: str = ""
    words: str = ""
    page: int = 0

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "TopologyQuery":
        """Return the query of a URL. What can't be understood counts as not given."""
        page = parameters.get("page", "")
        return cls(
            parameters.get("zone", "")[:_MAX_TEXT],
            parameters.get("site", "")[:_MAX_TEXT],
            parameters.get("behind", "")[:64],
            " ".join(parameters.get("q", "")[:_MAX_TEXT].split()),
            int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 0,
        )

    def url(self, **more: str) -> str:
        """Return the link that asks this with something more, from the first page on."""
        told = {"zone": self.zone, "site": self.site, "behind": self.behind, "q": self.words, **more}
        text = urlencode({name: value for name, value in told.items() if value}, errors="replace")
        return f"/topology?{text}" if text else "/topology"

    def fits(self, zone: str, site: str) -> bool:
        """Say if a host of this zone and site is asked for."""
        return (not self.zone or zone == self.zone) and (not self.site or site == self.site)
