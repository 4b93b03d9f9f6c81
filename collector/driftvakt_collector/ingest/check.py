"""Whether one line may pass: whose it is, whether that one signed it, and whether what it says can be used."""

import hmac
import os
import re
from collections.abc import Mapping, Set

import msgspec

from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.series import SeriesSet, SetError
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.intake import MAX_EVERY, MAX_GUEST_EVERY, MIN_EVERY, kept_by
from driftvakt_collector.journal.line import (
    Envelope,
    Line,
    LineError,
    Record,
    Report,
    Section,
    Series,
    Unknown,
    decode_envelope,
    decode_record,
)
from driftvakt_collector.store import hosts
from driftvakt_collector.store.section import SectionError, read
from driftvakt_wire.envelope import derive_key, digest, is_id, pads, signature
from driftvakt_wire.privacy import offence
from driftvakt_wire.sections import SECTIONS

MAX_LINE = 2 << 20
"""The longest line, bytes."""
MAX_VALUES = 20_000
MAX_SECTIONS = 64
_DIGEST = re.compile(r"[a-z0-9]{1,8}:[0-9a-f]{1,55}")
_SECTION = re.compile(r"[a-z0-9_]{1,64}")
QUARANTINED = "quarantined: this identity was seen twice, and an operator must say which one it is"
REFUSED = "not accepted"
"""All that a stranger learns, whether the origin is unknown, revoked or badly signed."""


class Check:
    """Looks at lines. masters: zone to its master key. private: zones from which nothing personal may come."""

    def __init__(self, fleet: Fleet, masters: Mapping[str, bytes], private: Set[str]) -> None:
        self._fleet = fleet
        self._masters = masters
        self._private = private
        self._nobody = pads(os.urandom(32))

    def look(self, raw: bytes, zone: str | None, relay: Host | None) -> tuple[Host, Line]:
        """Return whose line this is and what it says. Raises LineError for one that may not pass.

        zone: the only one whose hosts may come this way, None where all may. relay: who brought the line, if anybody.
        """
        if len(raw) > MAX_LINE:
            raise LineError(413, f"a line is at most {MAX_LINE} bytes")
        envelope = decode_envelope(raw)
        host = self._fleet.hosts.get(envelope.origin)
        if not self._signed(host, envelope) or host is None or (zone is not None and host.zone != zone):
            raise LineError(401, REFUSED, _why(host, envelope, zone))
        if relay is not None and relay.zone != host.zone:
            raise LineError(401, REFUSED, f"relay {relay.origin} brought {host.origin} of another zone")
        if not host.trusted or host.closed is not None:
            _check_trust(host, envelope)
        # Asked only of an epoch that is new, for it takes as long as half the envelope.
        if envelope.epoch != host.ledger.epoch and not is_id(envelope.epoch):
            raise LineError(400, "envelope: 'epoch' is 1 to 64 of a-z, 0-9 and '-'")
        record = decode_record(envelope.record)
        self._check_record(host, envelope, record)
        return host, Line(raw, envelope, record)

    def _check_record(self, host: Host, envelope: Envelope, record: Record) -> None:
        if host.zone in self._private:
            _check_privacy(envelope, record)
        kind = type(record)
        if kind is Report:
            self._check_report(self._about(host, record.subject), record)  # type: ignore[arg-type, union-attr]
        elif kind is Series:
            self._check_set(record)  # type: ignore[arg-type]
        elif kind is Section:
            _check_section(self._about(host, record.subject), record)  # type: ignore[arg-type, union-attr]

    def _about(self, host: Host, subject: str | None) -> Host:
        """Return what a line is about: its host, or a device that the host may speak of. Raises LineError."""
        if subject is None:
            return host
        device = kept_by(self._fleet, host, subject)
        if device is None:
            raise LineError(422, f"{subject[:64]!r} is no device that {host.origin} speaks for")
        return device

    def _signed(self, host: Host | None, envelope: Envelope) -> bool:
        """Say if a line is signed by its host. One of nobody takes as long as one of somebody."""
        if host is None:
            key = self._nobody
        elif host.gen == envelope.gen and host.key is not None:
            key = host.key
        else:
            master = self._masters.get(host.zone)
            if master is None or not host.gen_floor <= envelope.gen <= host.gen:
                key = self._nobody
            else:
                key = pads(derive_key(master, host.origin, envelope.gen))
                if envelope.gen == host.gen:
                    host.key = key
        made = signature(key, envelope.origin, envelope.gen, envelope.epoch, envelope.seq, envelope.record)
        # As text: so one line can be written in one way only, though the last character has two bits of no meaning.
        return hmac.compare_digest(made, envelope.mac.encode())

    def _check_set(self, record: Series) -> None:
        """Bind a set before it is journaled: one that can't be used must not be answered `accepted`."""
        _check_part(record.digest, record.set)
        try:
            self._fleet.sets.add(record.digest, bytes(record.set))
        except SetError as e:
            raise LineError(422, str(e)) from e

    def _check_report(self, host: Host, report: Report) -> None:
        if not MIN_EVERY <= report.every <= MAX_EVERY and not _may_rest(host, report):
            raise LineError(422, f"report: 'every' must be {MIN_EVERY:.0f} to {MAX_EVERY:.0f} seconds")
        if len(report.values) > MAX_VALUES or len(report.sections) > MAX_SECTIONS:
            raise LineError(422, f"report: at most {MAX_VALUES} values and {MAX_SECTIONS} sections are taken")
        bound = host.series
        if bound is None or bound.digest != report.series:
            if not _DIGEST.fullmatch(report.series):
                raise LineError(422, "report: 'series' is no digest")
            bound = self._fleet.sets.get(report.series)
        if report.sections and report.sections != host.have:
            for name, mark in report.sections.items():
                if not (_SECTION.fullmatch(name) and _DIGEST.fullmatch(mark)):
                    raise LineError(422, "report: 'sections' maps names of a-z, 0-9 and _ to digests")
        if bound is not None and len(bound.names) != len(report.values):
            raise LineError(422, f"report: {len(report.values)} values for a series set of {len(bound)}")


def _may_rest(host: Host, report: Report) -> bool:
    """Say if it may be quiet for long: else whoever took a server over could have it called well for weeks."""
    return host.origin.startswith(hosts.GUEST) and MAX_EVERY < report.every <= MAX_GUEST_EVERY


def _why(host: Host | None, envelope: Envelope, zone: str | None) -> str:
    """Say for our own log what a stranger must not learn."""
    whose = f"origin {envelope.origin[:64]!r}"
    if host is None:
        return f"{whose} is unknown"
    if not host.gen_floor <= envelope.gen <= host.gen:
        return f"{whose} is of another generation"
    if zone is not None and host.zone != zone:
        return f"{whose} of zone {host.zone} came to the door of zone {zone}"
    return f"{whose} is signed wrongly"


def _check_trust(host: Host, envelope: Envelope) -> None:
    """Refuse the line of a host that an operator has not, or no longer, let in. Raises LineError."""
    if host.state == hosts.PENDING:
        raise LineError(403, f"{host.origin} waits for approval: driftvakt host approve {host.origin}")
    if host.state == hosts.QUARANTINED:
        raise LineError(403, QUARANTINED)
    if not host.trusted:
        raise LineError(401, REFUSED, f"origin {host.origin!r} is {host.state}")
    if host.closed is not None and envelope.epoch in host.closed:
        raise LineError(409, "this epoch was closed after a fork: begin a new one")


def _check_privacy(envelope: Envelope, record: Record) -> None:
    """Refuse what may not leave a machine of this zone. Raises LineError."""
    kind = record.kind if type(record) is Unknown else type(record).__name__.lower()
    why = offence(envelope.record, kind)
    if why:
        raise LineError(422, why)


def _check_section(host: Host, section: Section) -> None:
    _check_part(section.digest, section.body)
    if section.name == "info":
        try:
            names = SeriesSet("", bytes(section.body)).names
        except SetError as e:
            raise LineError(422, f"section info: {e}") from e
        if not all(name.endswith("_info") for name in names):
            raise LineError(422, "section info: every name in it ends with _info")
    elif section.name in SECTIONS:
        try:
            read(bytes(section.body))
        except SectionError as e:
            raise LineError(422, f"section {section.name}: {e}") from e
    if host.have is not None and section.name not in host.have and len(host.have) >= MAX_SECTIONS:
        raise LineError(422, f"section: a host has at most {MAX_SECTIONS} of them")


def _check_part(mark: str, body: msgspec.Raw) -> None:
    if digest(bytes(body)) != mark:
        raise LineError(422, "the part is not what its digest names")
