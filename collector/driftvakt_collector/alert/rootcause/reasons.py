"""Why what a host says of itself pages nobody now: what it hangs behind is to blame, or may be."""

from driftvakt_collector.alert.decision import Reason
from driftvakt_collector.alert.words import Words


def parent(name: str) -> Reason:
    """It hangs behind one that failed."""
    return Reason("parent", Words(f"Nås inte, för {name} ligger nere", f"Can't be reached, for {name} is down"))


def waiting(name: str) -> Reason:
    """It waits for a word of its parent."""
    return Reason("waiting", Words(f"Väntar på besked om {name}", f"Waits until {name} was checked"))


def site(name: str) -> Reason:
    """Its site is cut off."""
    return Reason("site", Words(f"Platsen {name} går inte att nå", f"Site {name} can't be reached"))


def zone(name: str) -> Reason:
    """Its zone is cut off."""
    return Reason("zone", Words(f"Zonen {name} går inte att nå", f"Zone {name} can't be reached"))


NEIGHBOURS = Reason(
    "neighbours",
    Words("Väntar på om fler på samma plats har tystnat", "Waits for whether more of its site fell silent"),
)
GRACE = Reason(
    "grace",
    Words("Får tio minuter på sig: det som den hänger bakom är nyss tillbaka",
          "Has ten minutes: what it hangs behind has only just come back"),
)  # fmt: skip
FLAPPING = Reason(
    "flapping",
    Words("Har kommit och gått: två larm i timmen är nog", "It came and went: two alerts an hour are enough"),
)
