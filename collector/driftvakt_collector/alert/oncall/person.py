"""Somebody who can be on call."""

import re
from dataclasses import dataclass

from driftvakt_collector.alert.oncall.contact import Contact

NAME = re.compile(r"[a-z0-9åäö][a-z0-9åäö._-]{0,63}")
"""What a person or a plan is called in files and commands."""


@dataclass(frozen=True)
class Person:
    """name: a short word. language: sv or en. time_zone: in which times are told to them. contacts: ways to them.

    changed_at: when one who is no longer active went, seconds since the epoch.
    """

    name: str
    full_name: str = ""
    language: str = "sv"
    time_zone: str = "Europe/Stockholm"
    is_active: bool = True
    contacts: tuple[Contact, ...] = ()
    changed_at: float = 0.0

    @property
    def called(self) -> str:
        """What people call them."""
        return self.full_name or self.name

    @property
    def channels(self) -> tuple[str, ...]:
        """Their channels in the order in which they want to be reached; none where they are not active."""
        if not self.is_active:
            return ()
        ordered = sorted(self.contacts, key=lambda contact: contact.position)
        return tuple(dict.fromkeys(contact.channel for contact in ordered))
