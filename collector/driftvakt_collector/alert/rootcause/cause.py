"""Why hosts are not heard: one thing that failed, and all that is silent because of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from driftvakt_collector.alert.alert import Alert, Change, Labels, Severity, Source, What, fingerprint
from driftvakt_collector.alert.words import Words

_NOBODY: frozenset[str] = frozenset()


class Kind(Enum):
    """What failed. The values are the rules of the alerts."""

    HOST_SILENT = "HostSilent"
    HOST_OFF = "HostOff"
    HOST_FLAPPING = "HostFlapping"
    RELAY_SILENT = "RelaySilent"
    SITE = "SiteUnreachable"
    ZONE = "ZoneUnreachable"
    COMPUTERS = "ManyComputersMissing"


OF_A_HOST = frozenset({Kind.HOST_SILENT, Kind.HOST_OFF, Kind.HOST_FLAPPING, Kind.RELAY_SILENT})


@dataclass(frozen=True)
class Cause:
    """key: of its kind and what failed. origin: the host, empty for a site or a zone. since: the first sign of it.

    muffled: the hosts that are silent because of it, without itself. why: how that was found.
    """

    key: str
    kind: Kind
    origin: str
    name: str
    zone: str
    site: str
    administration: str
    since: float
    severity: Severity
    supplier: str
    muffled: frozenset[str]
    why: Words
    class_: str = ""

    @cached_property
    def fingerprint(self) -> str:
        """By what its alert is known."""
        return fingerprint(Source.LIVENESS, self.kind.value, self.origin, self._labels)

    @property
    def _labels(self) -> Labels:
        if self.kind in OF_A_HOST:
            return ()
        return (("site", self.site), ("zone", self.zone)) if self.site else (("zone", self.zone),)

    def alert(self, offset: float = 0.0) -> Alert:
        """Return it as an alert. offset: seconds from the judge's clock to the epoch."""
        told = _SUMMARY[self.kind]
        name = " ".join(self.name.split())[:255]
        summary = Words(
            f"{told.sv.format(name=name)}: {self.why.sv}" if self.why.sv else told.sv.format(name=name),
            f"{told.en.format(name=name)}: {self.why.en}" if self.why.en else told.en.format(name=name),
        )
        return Alert(
            self.fingerprint, Source.LIVENESS, self.kind.value, self.severity, summary, self.since + offset,
            origin=self.origin, subject=self.name, zone=self.zone, administration=self.administration, site=self.site,
            class_=self.class_, supplier=self.supplier, labels=self._labels,
        )  # fmt: skip


def key_of(kind: Kind, zone: str, what: str) -> str:
    """Return the key of a cause: what failed is an origin, or a site of a zone; empty for the zone itself."""
    return f"{kind.value}:{what}" if kind in OF_A_HOST else f"{kind.value}:{zone}/{what}"


def of_alert(alert: Alert, offset: float = 0.0) -> Cause | None:
    """Return the cause that an alert of ours told of, None for one that is of another kind."""
    if alert.source is not Source.LIVENESS or alert.rule not in {kind.value for kind in Kind}:
        return None
    kind = Kind(alert.rule)
    return Cause(
        key_of(kind, alert.zone, alert.origin if kind in OF_A_HOST else alert.site), kind, alert.origin, alert.subject,
        alert.zone, alert.site, alert.administration, alert.since - offset, alert.severity, alert.supplier, _NOBODY,
        Words("", ""), alert.class_,
    )  # fmt: skip


def changes(before: Mapping[str, Cause], after: Mapping[str, Cause], now: float, offset: float = 0.0) -> list[Change]:
    """Return the alerts that are new, and those that are over. now: seconds since the epoch."""
    made = [Change(What.CLEARED, before[key].alert(offset), now) for key in before if key not in after]
    return made + [Change(What.RAISED, after[key].alert(offset), now) for key in after if key not in before]


_SUMMARY = {
    Kind.HOST_SILENT: Words("{name} har tystnat", "{name} fell silent"),
    Kind.HOST_OFF: Words("{name} är avstängd", "{name} was shut down"),
    Kind.HOST_FLAPPING: Words("{name} kommer och går", "{name} comes and goes"),
    Kind.RELAY_SILENT: Words("{name}, som bär andra, har tystnat", "{name}, which carries others, fell silent"),
    Kind.SITE: Words("Platsen {name} går inte att nå", "Site {name} can't be reached"),
    Kind.ZONE: Words("Zonen {name} går inte att nå", "Zone {name} can't be reached"),
    Kind.COMPUTERS: Words("Många datorer saknas på {name}", "Many computers are missing at {name}"),
}  # fmt: skip
