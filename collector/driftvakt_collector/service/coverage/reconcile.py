"""What the lists say, against what reports: a pure decision for every thing and every row."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from driftvakt_collector.fleet.host import RELAY
from driftvakt_collector.fleet.identity.keys import CHASSIS, MAC, NAME, SERIAL, UUID, Key
from driftvakt_collector.service.coverage import CONTRACT, GHOST, OWNER, SEEN, SILENT, UNBILLED, UNMANAGED
from driftvakt_collector.service.coverage.entry import Entry

DAY = 86_400.0
QUIET: Mapping[str, float] = {"workstation": 14 * DAY}
"""By class, after how long without a word a thing is silent here; others after a day. A PC is off during holidays."""
GONE = 90 * DAY
"""After so long nothing is owed for a thing that does not report."""
_STRONG = (SERIAL, UUID, MAC)
_MISSING = "missing"


@dataclass(frozen=True)
class Listed:
    """A row of a list. kind: of the list. zone: whose things it speaks of, empty for all."""

    list: str
    kind: str
    zone: str
    entry: Entry


@dataclass(frozen=True)
class Thing:
    """What reports, or did. asset: 0 while it has none. heard: seconds since the epoch, 0 for never.

    every: seconds between its reports.
    """

    origin: str
    name: str
    administration: str
    site: str
    zone: str
    class_: str
    keys: frozenset[Key] = frozenset()
    asset: int = 0
    heard: float = 0.0
    every: float = 60.0


@dataclass(frozen=True)
class Finding:
    """kind: one of FINDINGS. subject: what it is about, for a reader. origin, asset: where it reports, if it does.

    list: which says so. owner: who should look at it. text: a sentence. since: from when it is known to be so, seconds
    since the epoch, 0 where only the first look tells.
    """

    kind: str
    subject: str
    key: str
    origin: str
    asset: int
    list: str
    owner: str
    site: str
    zone: str
    text: str
    since: float = 0.0

    @property
    def number(self) -> str:
        """Return what the finding is known by from one look to the next."""
        # What does not report is a ghost today and in the network tomorrow: one finding, with one age.
        kind = _MISSING if self.kind in (GHOST, UNMANAGED) else self.kind
        return blake2b(f"{kind}\n{self.key}".encode("utf-8", "replace"), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Share:
    """How much of a list reports. rows: in it; known: that we have met; reporting: that reported lately."""

    list: str
    kind: str
    rows: int
    known: int
    reporting: int


class Index:
    """Finds the thing that a row is about."""

    def __init__(self, things: Iterable[Thing]) -> None:
        self._by: dict[Key, list[Thing]] = {}
        for thing in things:
            for key in {*thing.keys, Key(NAME, thing.name.casefold())}:
                # A chassis' number is the one on the label, and the one that a contract has.
                for one in _spellings(Key(SERIAL, key.value) if key.kind == CHASSIS else key):
                    self._by.setdefault(one, []).append(thing)

    def find(self, entry: Entry, zone: str = "") -> Thing | None:
        """Return the thing, the one that was heard last where several fit; None for none.

        A name is believed only where nothing stronger speaks against it: names are given away again.
        """
        told = {key.kind: key for key in entry.keys}
        for kind in _STRONG:
            found = self._those(told.get(kind), zone)
            if found:
                return max(found, key=lambda thing: (thing.heard, thing.origin))
        name = told.get(NAME)
        if name is None:
            return None
        fit = [
            thing
            for spelling in _spellings(name) for thing in self._those(spelling, zone)
            if not any(_contradicts(thing, told.get(kind)) for kind in (SERIAL, UUID))
        ]  # fmt: skip
        return max(
            fit, key=lambda thing: (thing.name.casefold() == name.value, thing.heard, thing.origin), default=None
        )

    def _those(self, key: Key | None, zone: str) -> list[Thing]:
        return [] if key is None else [one for one in self._by.get(key, ()) if not zone or one.zone == zone]


class Sightings:
    """Finds the row of a list of what was seen that is about the same thing as another row."""

    def __init__(self, rows: Iterable[Listed]) -> None:
        self._by: dict[Key, Listed] = {}
        for row in rows:
            for key in row.entry.keys:
                for one in _spellings(key):
                    self._by[one] = row

    def find(self, entry: Entry, zone: str) -> Listed | None:
        """Return the row; by the name only where neither the zone nor a number of the same kind speaks against it."""
        told = {key.kind: key for key in entry.keys}
        for kind in _STRONG:
            if kind in told and told[kind] in self._by:
                return self._by[told[kind]]
        for spelling in _spellings(told[NAME]) if NAME in told else ():
            found = self._by.get(spelling)
            if found is None or (zone and found.zone and zone != found.zone):
                continue
            if all(told.get(key.kind, key) == key for key in found.entry.keys if key.kind in _STRONG):
                return found
        return None


def reconcile(listed: Sequence[Listed], things: Sequence[Thing], now: float) -> tuple[list[Finding], list[Share]]:
    """Return what is not as it should be, and how much of each list reports."""
    index = Index(things)
    matched = [(one, index.find(one.entry, one.zone)) for one in listed]
    sightings = Sightings(one for one, _ in matched if one.kind == SEEN)
    findings: dict[str, Finding] = {}
    for finding in (*_of_rows(matched, sightings), *_of_things(matched, things, now)):
        # Of several rows that say the same of one thing the first counts.
        findings.setdefault(finding.number, finding)
    return list(findings.values()), _shares(matched, now)


def is_silent(thing: Thing, now: float) -> bool:
    """Say if a thing has not reported for longer than its class may, nor for five times its own pace."""
    return now - thing.heard > max(QUIET.get(thing.class_, DAY), 5 * thing.every)


def _of_rows(matched: Sequence[tuple[Listed, Thing | None]], sightings: Sightings) -> Iterator[Finding]:
    told: set[str] = set()
    homes: dict[Key, set[str]] = {}
    for one, thing in matched:
        if thing is None and one.zone:
            homes.setdefault(one.entry.keys[0], set()).add(one.zone)
    for one, thing in sorted(matched, key=lambda pair: pair[0].kind == SEEN):
        entry = one.entry
        if thing is None or thing.heard <= 0:
            if one.kind == SEEN and entry.number in told:
                # Said already, by the list that also knows whose it is.
                continue
            there = one if one.kind == SEEN else sightings.find(entry, one.zone)
            if there is not None:
                told.add(there.entry.number)
            zones = homes.get(entry.keys[0], set())
            # A list of all zones and one of this zone speak of the same thing.
            yield _of_missing(one, thing, there, one.zone or (min(zones) if len(zones) == 1 else ""))
        if thing is not None and one.kind == CONTRACT and entry.owner and not _same(entry.owner, thing.administration):
            text = f"{one.list} has it for {entry.owner}, and it is enrolled for {thing.administration}"
            yield _of_thing(OWNER, thing, text, one.list, entry.owner)


def _of_missing(one: Listed, thing: Thing | None, there: Listed | None, zone: str) -> Finding:
    """Return what is said of a row of which nothing reports. thing: that was enrolled for it. there: who saw it."""
    kind = GHOST if there is None else UNMANAGED
    if there is one:
        text = f"{one.list} has it in the network"
    else:
        text = f"it stands in {one.list}" + (f" and {there.list} has it in the network" if there else "")
    since = there.entry.at if there else 0.0
    if thing is not None:
        text += f", and it is enrolled as {thing.origin}, which has never reported"
        return _of_thing(kind, thing, text, one.list, one.entry.owner, since)
    if there is not None and _is_made_up(there.entry):
        text += " under an address that it made up, as phones do"
    text += ", nothing of it reports, and nobody has seen it" if there is None else ", and nothing of it reports"
    return _of_row(kind, one, text, since, zone)


def _of_things(
    matched: Sequence[tuple[Listed, Thing | None]], things: Sequence[Thing], now: float
) -> Iterator[Finding]:
    contracts = sorted({(one.list, one.zone) for one, _ in matched if one.kind == CONTRACT})
    paid = {thing.origin for one, thing in matched if thing is not None and one.kind == CONTRACT}
    assets = {thing.asset for thing in things if thing.origin in paid and thing.asset}
    newest: dict[int, float] = {}
    for thing in things:
        newest[thing.asset] = max(newest.get(thing.asset, 0.0), thing.heard)
    for thing in things:
        if thing.asset and thing.heard < newest[thing.asset]:
            # An earlier installation of a machine that goes on under another name.
            continue
        if is_silent(thing, now) and thing.heard > 0:
            yield _of_thing(SILENT, thing, "nothing was heard of it since then", "", since=thing.heard)
        asked = [name for name, zone in contracts if zone in ("", thing.zone)]
        if not asked or thing.heard <= now - GONE:
            continue
        # What a relay costs is its own machine's matter, which has a host besides.
        if thing.class_ != RELAY and thing.origin not in paid and thing.asset not in assets:
            yield _of_thing(UNBILLED, thing, f"it reports, and is not in {', '.join(asked)[:200]}", "")


def _of_row(kind: str, one: Listed, text: str, since: float, zone: str) -> Finding:
    entry = one.entry
    # By what it is, not by whose list: a ghost of two lists is one.
    strongest = entry.keys[0]
    return Finding(kind, entry.subject, f"{zone}\n{strongest.kind} {strongest.value}", "", 0, one.list, entry.owner,
                   entry.site, zone, text, since)  # fmt: skip


def _of_thing(kind: str, thing: Thing, text: str, list_: str, owner: str = "", since: float = 0.0) -> Finding:
    return Finding(kind, thing.name, thing.origin, thing.origin, thing.asset, list_, owner or thing.administration,
                   thing.site, thing.zone, text, since)  # fmt: skip


def _shares(matched: Sequence[tuple[Listed, Thing | None]], now: float) -> list[Share]:
    rows, known, reporting = Counter[str](), Counter[str](), Counter[str]()
    kinds: dict[str, str] = {}
    for one, thing in matched:
        kinds[one.list] = one.kind
        rows[one.list] += 1
        known[one.list] += thing is not None
        reporting[one.list] += thing is not None and not is_silent(thing, now)
    return [Share(name, kinds[name], rows[name], known[name], reporting[name]) for name in sorted(kinds)]


def _spellings(key: Key) -> tuple[Key, ...]:
    """Return a key as it may be written: a name also without its domain."""
    # What begins with a figure and is figures alone is an address, and has no domain.
    short = "" if key.value.replace(".", "").isdecimal() else key.value.partition(".")[0]
    return (key, Key(NAME, short)) if key.kind == NAME and short and short != key.value else (key,)


def _contradicts(thing: Thing, key: Key | None) -> bool:
    """Say if a thing has another key of that kind, and not this one."""
    if key is None:
        return False
    kinds = (SERIAL, CHASSIS) if key.kind == SERIAL else (key.kind,)
    has = {one.value for one in thing.keys if one.kind in kinds}
    return bool(has) and key.value not in has


def _is_made_up(entry: Entry) -> bool:
    """Say if the address of a row's network card is one that no maker gave, nor a virtual machine of KVM has."""
    address = next((key.value for key in entry.keys if key.kind == MAC), "")
    return bool(address) and int(address[:2], 16) & 2 > 0 and not address.startswith("52:54:00")


def _same(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())
