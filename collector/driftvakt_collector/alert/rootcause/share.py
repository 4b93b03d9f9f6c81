"""When so much of a place is silent that the place is cut off. Pure."""

from typing import NamedTuple

SHARE = 0.6
"""Of those that could have been heard since."""
LEAST = 3
"""Hosts of a site, or sites of a zone: of fewer nothing can be said."""


class Share(NamedTuple):
    """total: all that count. failed: those that are silent. unsure: those that were not due since the first failed."""

    failed: int
    unsure: int
    total: int

    @property
    def is_most(self) -> bool:
        """Whether most of those that could have been heard were not."""
        return self.failed > 0 and self.failed >= SHARE * (self.total - self.unsure)

    @property
    def is_cut(self) -> bool:
        """Whether it is cut off."""
        return self.failed >= LEAST and self.is_most

    @property
    def may_be_most(self) -> bool:
        """Whether it may be so, when all have been due."""
        return self.failed + self.unsure >= SHARE * self.total

    @property
    def may_be_cut(self) -> bool:
        """Whether it may turn out to be cut off."""
        return self.total >= LEAST and self.may_be_most

    @property
    def in_doubt(self) -> bool:
        """Whether that depends on those who were not due yet."""
        return self.unsure > 0 and self.may_be_most
