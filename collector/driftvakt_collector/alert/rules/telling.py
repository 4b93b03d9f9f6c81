"""The alert of a rule that fires: its words, with the host, the value and the labels put in, as people write them."""

import re
from math import isinf, isnan

from driftvakt_collector.alert.alert import Alert, Source, fingerprint
from driftvakt_collector.alert.rules.point import PointKey
from driftvakt_collector.alert.rules.state import Active, Facts
from driftvakt_collector.alert.words import LANGUAGES, Words

PLACE = re.compile(r"\{\{\s*(host|value|label\.[a-zA-Z_][a-zA-Z0-9_]*)\s*\}\}")
UNITS = ("", "ratio", "bytes", "seconds", "celsius", "days")
_MAX_TEXT = 200
_DAY = 86_400.0


def alert_of(facts: Facts, key: PointKey, active: Active) -> Alert:
    """Return the alert as it is now."""
    rule, labels = active.rule, dict(active.labels)
    sv, en = (_filled(rule.summary.of(language), facts, active, labels, language) for language in LANGUAGES)
    return Alert(
        fingerprint=fingerprint(Source.RULE, key[0], facts.origin, key[1]), source=Source.RULE, rule=key[0],
        severity=rule.severity, summary=Words(sv, en), since=active.since / 1000, origin=facts.origin,
        subject=facts.name, zone=facts.zone, administration=facts.administration, site=facts.site,
        class_=facts.class_, service=rule.service or labels.get("service", ""), supplier=facts.supplier,
        labels=active.labels, value=active.value, runbook=rule.runbook,
    )  # fmt: skip


def _filled(text: str, facts: Facts, active: Active, labels: dict[str, str], language: str) -> str:
    def put(found: re.Match[str]) -> str:
        what = found[1]
        if what == "host":
            return _clean(facts.name)
        if what == "value":
            return number(active.value, active.rule.unit, language)
        return _clean(labels.get(what.removeprefix("label."), ""))

    return PLACE.sub(put, text)


def _clean(text: str) -> str:
    """Return a text of a host as one line: it may hold anything."""
    return "".join(char if char.isprintable() else "?" for char in text[:_MAX_TEXT])


def number(value: float, unit: str, language: str) -> str:
    """Return a value as people write it: 3.2 GiB, 7 %, 2 h 5 min; with a comma in Swedish."""
    if isnan(value) or isinf(value):
        told = "∞" if value > 0 else "-∞" if value < 0 else "?"
    elif unit == "ratio":
        told = f"{_short(value * 100)} %"
    elif unit == "bytes":
        told = _bytes(value)
    elif unit == "seconds":
        told = _span(value, language)
    elif unit == "days":
        told = f"{_short(value / _DAY)} {'dygn' if language == 'sv' else 'days'}"
    elif unit == "celsius":
        told = f"{_short(value)} °C"
    else:
        told = _short(value)
    return told.replace(".", ",") if language == "sv" else told


def _short(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 or not value else f"{value:.1e}"


def _bytes(value: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(value) < 1024:
            return f"{_short(value)} {unit}"
        value /= 1024
    return f"{_short(value)} PiB"


def _span(value: float, language: str) -> str:
    sign, left = "-" if value < 0 else "", abs(value)
    if left < 1:
        return f"{sign}{_short(left * 1000)} ms"
    if left < 60:
        return f"{sign}{_short(left)} s"
    if left < 3600:
        return f"{sign}{left // 60:.0f} min"
    if left < 2 * _DAY:
        hours, minutes = divmod(left // 60, 60)
        return f"{sign}{hours:.0f} h {minutes:.0f} min" if minutes else f"{sign}{hours:.0f} h"
    return f"{sign}{left / _DAY:.0f} {'dygn' if language == 'sv' else 'days'}"
