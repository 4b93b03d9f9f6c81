"""The evidence pack: what was seen, from where, when, and up to where it worked. Pure.

A supplier shall be able to begin with it, and not to answer that all is well on their side. It goes to another company,
so it has no persons: no notes, no names of who was paged, no names of clients, and nothing that looks like a mail
address or a personal number.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum

import msgspec

from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk.texts.clean import line
from driftvakt_collector.desk.texts.moment import ZONE, full, lasting

_MOST_HOPS = 24
_MOST_PROBES = 200
_MOST_SHOWN = 12
_MOST_MEASURES = 40
_MOST_STEPS = 60
_MOST_SITES = 30
_MOST_TEXT = 200
_MOST_BYTES = 128 << 10
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){0,6}")
_PERSON = re.compile(r"(?<!\d)(?:19|20)?\d{6}[-+ ]?\d{4}(?!\d)")
"""A Swedish personal number: six or eight digits of a day, four more."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Whose(Enum):
    """Who delivers a thing on the way."""

    OURS = "ours"
    THEIRS = "theirs"
    OTHERS = "others"
    UNKNOWN = "unknown"


class Seen(Enum):
    """What a thing on the way says now."""

    ANSWERS = "answers"
    SILENT = "silent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Hop:
    """One step of the way, the broken thing first. heard: when it was heard of last, seconds since the epoch."""

    name: str
    whose: Whose
    seen: Seen
    address: str = ""
    port: str = ""
    heard: float | None = None


@dataclass(frozen=True)
class Probe:
    """One try. place: where it was made. what: ping, snmp, tcp … said: what came of it; value: in its unit."""

    at: float
    place: str
    target: str
    what: str
    ok: bool
    value: float | None = None
    unit: str = ""
    said: str = ""


@dataclass(frozen=True)
class Measure:
    """Something that was measured before the fault and after it began; None for nothing."""

    name: str
    unit: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Facts:
    """All that goes into a pack. what: the fault in one sentence. is_personal: the broken thing is some person's.

    clients: devices that are affected; people: how many use them, None where that is not known. steps: of the
    timeline, without persons. contact: our desk, a function and no person.
    """

    key: str
    what: str
    subject: str
    since: float
    made_at: float
    is_personal: bool = False
    address: str = ""
    hops: Sequence[Hop] = ()
    last_good: float | None = None
    probes: Sequence[Probe] = ()
    measures: Sequence[Measure] = ()
    clients: int = 0
    people: int | None = None
    sites: Sequence[str] = ()
    steps: Sequence[tuple[float, str]] = ()
    contact: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Pack:
    """The same three times: to be read, to be taken in by a program, and the tries for a spreadsheet."""

    text: str
    json: str
    csv: str


_SV = {
    "what": "Fel", "since": "Sedan", "subject": "Utrustning", "affected": "Berörda", "clients": "enheter",
    "people": "användare", "sites": "Platser", "way": "Vägen dit, felet först", "last_good": "Fungerade senast",
    "ends": "{up} svarar, {down} svarar inte.",
    "probes": "Mätningar", "measures": "Före felet → nu", "steps": "Händelser",
    "contact": "Kontakt", "more": "fler", "ok": "svar", "bad": "inget svar", "case": "Vårt ärende",
    "client": "en klientdator", "heard": "hördes senast",
    Whose.OURS: "vår", Whose.THEIRS: "er", Whose.OTHERS: "annan leverantör", Whose.UNKNOWN: "okänd ägare",
    Seen.ANSWERS: "svarar", Seen.SILENT: "SVARAR INTE", Seen.UNKNOWN: "mäts inte",
}  # fmt: skip
_EN = {
    "what": "Fault", "since": "Since", "subject": "Equipment", "affected": "Affected", "clients": "devices",
    "people": "users", "sites": "Sites", "way": "The way to it, the fault first", "last_good": "Worked last",
    "ends": "{up} answers, {down} does not.",
    "probes": "Tries", "measures": "Before the fault → now", "steps": "Events",
    "contact": "Contact", "more": "more", "ok": "answer", "bad": "no answer", "case": "Our case",
    "client": "a client computer", "heard": "last heard",
    Whose.OURS: "ours", Whose.THEIRS: "yours", Whose.OTHERS: "another supplier's", Whose.UNKNOWN: "of unknown owner",
    Seen.ANSWERS: "answers", Seen.SILENT: "DOES NOT ANSWER", Seen.UNKNOWN: "not measured",
}  # fmt: skip


_STEPS = {
    "alert.raised": Words("felet upptäckt", "the fault was seen"),
    "alert.cleared": Words("felet syns inte längre", "the fault is no longer seen"),
    "incident.opened": Words("ärendet öppnat hos oss", "our case was opened"),
    "incident.reopened": Words("ärendet öppnat igen hos oss", "our case was opened again"),
    "incident.resolved": Words("ärendet löst hos oss", "our case was resolved"),
    "supplier.opened": Words("lämnat över till leverantör", "handed over to a supplier"),
}


def pack(facts: Facts, language: str) -> Pack:
    """Return the evidence in a supplier's language. Times have their offset: a supplier may sit elsewhere."""
    clean = _clean(facts, _SV if language == "sv" else _EN)
    return Pack(_text(clean, language), _json(clean), _csv(clean.probes))


def steps_of(events: Iterable[tuple[float, str]], language: str) -> tuple[tuple[float, str], ...]:
    """Return what of an incident's timeline a supplier is told. events: when, and what, as `incident.opened`.

    Only what machines did, in our words: notes and who was paged are ours.
    """
    return tuple((at, _STEPS[what].of(language)) for at, what in events if what in _STEPS)


def scrub(text: str, most: int = _MOST_TEXT) -> str:
    """Return one line without what names a person: mail addresses and personal numbers."""
    return _PERSON.sub("[nr]", _MAIL.sub("[e-mail]", line(text, most)))


def border(hops: Sequence[Hop]) -> tuple[Hop, Hop] | None:
    """Return between which two things of the way it ends: the last silent one, and the first that answers above it."""
    for place, hop in enumerate(hops):
        if hop.seen is Seen.ANSWERS:
            silent = [one for one in hops[:place] if one.seen is Seen.SILENT]
            return (silent[-1], hop) if silent else None
    return None


def _clean(facts: Facts, words: Mapping[object, str]) -> Facts:
    """Return facts that are bounded and have no persons in them."""
    hidden = [facts.subject] if facts.is_personal and facts.subject.strip() else []
    name = words["client"] if facts.is_personal else scrub(facts.subject, 64)

    def told(text: str, most: int = _MOST_TEXT) -> str:
        for one in hidden:
            text = text.replace(one, name)
        return scrub(text, most)

    return Facts(
        key=line(facts.key, 32), what=told(facts.what), subject=name, since=facts.since, made_at=facts.made_at,
        is_personal=facts.is_personal, address=line(facts.address, 64),
        hops=tuple(
            Hop(told(one.name, 64), one.whose, one.seen, line(one.address, 64), line(one.port, 40), one.heard)
            for one in facts.hops[:_MOST_HOPS]
        ),
        last_good=facts.last_good,
        probes=tuple(
            Probe(one.at, told(one.place, 64), told(one.target, 64), line(one.what, 32), one.ok, one.value,
                  line(one.unit, 16), told(one.said, 120))
            for one in sorted(facts.probes, key=lambda one: one.at)[-_MOST_PROBES:]
        ),
        measures=tuple(
            Measure(told(one.name, 64), line(one.unit, 16), one.before, one.after)
            for one in facts.measures[:_MOST_MEASURES]
        ),
        clients=facts.clients, people=facts.people,
        sites=tuple(told(one, 64) for one in facts.sites[:_MOST_SITES]),
        steps=tuple((at, told(text, 120)) for at, text in facts.steps[-_MOST_STEPS:]),
        contact=line(facts.contact, 80), phone=line(facts.phone, 40),
    )  # fmt: skip


def _text(facts: Facts, language: str) -> str:
    say = _SV if language == "sv" else _EN
    affected = [f"{facts.clients} {say['clients']}"] if facts.clients else []
    if facts.people is not None:
        affected.append(f"{facts.people} {say['people']}")
    subject = " ".join(part for part in (facts.subject, facts.address) if part)
    since = f"{full(facts.since, ZONE)} ({lasting(facts.made_at - facts.since, language)})"
    head = [
        f"{say['case']}: {facts.key}",
        f"{say['what']}: {facts.what}",
        f"{say['subject']}: {subject}" if subject else "",
        f"{say['since']}: {since}",
        f"{say['last_good']}: {full(facts.last_good, ZONE)}" if facts.last_good is not None else "",
        f"{say['affected']}: {', '.join(affected)}" if affected else "",
        f"{say['sites']}: {', '.join(facts.sites)}" if facts.sites else "",
        f"{say['contact']}: {', '.join(one for one in (facts.contact, facts.phone) if one)}"
        if facts.contact or facts.phone
        else "",
    ]
    parts = [
        head,
        _way(facts, say),
        _listed(say["probes"], _runs(facts.probes, say), say, last=True),
        _listed(say["measures"], [_measure(one) for one in facts.measures], say),
        _listed(say["steps"], [f"{full(at, ZONE)}  {text}" for at, text in facts.steps], say, last=True),
    ]
    return "\n\n".join("\n".join(row for row in part if row) for part in parts if part)


def _way(facts: Facts, say: Mapping[object, str]) -> list[str]:
    if not facts.hops:
        return []
    ends = border(facts.hops)
    rows = [f"{say['way']}:"]
    for number, hop in enumerate(facts.hops, 1):
        named = " ".join(part for part in (hop.name, hop.address, hop.port) if part)
        heard = f", {say['heard']} {full(hop.heard, ZONE)}" if hop.heard and hop.seen is Seen.SILENT else ""
        rows.append(f"{number:>3}. {named} ({say[hop.whose]}): {say[hop.seen]}{heard}")
    if ends is not None:
        rows.append(f"     {say['ends'].format(up=ends[1].name, down=ends[0].name)}")
    return rows


def _listed(title: str, rows: Sequence[str], say: Mapping[object, str], *, last: bool = False) -> list[str]:
    if not rows:
        return []
    shown = rows[-_MOST_SHOWN:] if last else rows[:_MOST_SHOWN]
    more = len(rows) - len(shown)
    return [f"{title}:", *(f"  {row}" for row in shown), f"  … {more} {say['more']}" if more else ""]


def _runs(probes: Sequence[Probe], say: Mapping[object, str]) -> list[str]:
    """Return the tries as lines: those from one place to one thing that came out alike stand together."""
    runs: list[list[Probe]] = []
    last: dict[tuple[str, str, str], list[Probe]] = {}
    for one in probes:
        run = last.get((one.place, one.target, one.what))
        if run is not None and run[-1].ok == one.ok:
            run.append(one)
        else:
            runs.append([one])
            last[one.place, one.target, one.what] = runs[-1]
    return [_run(run, say) for run in runs]


def _run(run: Sequence[Probe], say: Mapping[object, str]) -> str:
    first, last = run[0], run[-1]
    when = full(first.at, ZONE) if len(run) == 1 else f"{full(first.at, ZONE)} – {full(last.at, ZONE)}, {len(run)} ×"
    value = "" if last.value is None else f" {_figure(last.value)} {last.unit}".rstrip()
    told = f" ({last.said})" if last.said else ""
    where = f"{last.place} → {last.target}" if last.place else last.target
    return f"{where}  {last.what}: {say['ok'] if last.ok else say['bad']}{value}{told}, {when}"


def _figure(value: float) -> str:
    return f"{value:.0f}" if 1e5 <= abs(value) < 1e15 else f"{value:.4g}"


def _measure(one: Measure) -> str:
    before, after = (
        f"{_figure(value)} {one.unit}".rstrip() if value is not None else "-" for value in (one.before, one.after)
    )
    return f"{one.name}: {before} → {after}"


def _json(facts: Facts) -> str:
    """Return the facts for a program; times are seconds since the epoch."""
    told = asdict(facts)
    told.pop("is_personal")
    told["version"] = 1
    raw = msgspec.json.encode(told, enc_hook=_plain)
    while len(raw) > _MOST_BYTES and told["probes"]:
        told["probes"] = told["probes"][len(told["probes"]) // 2 + 1 :]
        raw = msgspec.json.encode(told, enc_hook=_plain)
    return raw.decode()


def _plain(one: object) -> object:
    return str(one)


def _csv(probes: Iterable[Probe]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["time", "from", "to", "what", "answered", "value", "unit", "said"])
    for one in probes:
        value = "" if one.value is None else f"{one.value:.10g}"
        cells = [full(one.at, ZONE), one.place, one.target, one.what, "yes" if one.ok else "no"]
        writer.writerow([*map(harmless, cells), value, harmless(one.unit), harmless(one.said)])
    return out.getvalue()


def harmless(cell: str) -> str:
    """Return a cell that a spreadsheet does not reckon with: what a machine calls itself must not run there."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
