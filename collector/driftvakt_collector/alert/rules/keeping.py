"""What the evaluator knows, as bytes, so that a restart neither pages twice nor begins to wait anew.

A version and a checksum stand before it; what is damaged, or of another version, is refused as a whole.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite

import msgspec
from backports import zstd

from driftvakt_collector.alert.rules.compiled import window_of
from driftvakt_collector.alert.rules.profile import Profile
from driftvakt_collector.alert.rules.rule import Function, Rule
from driftvakt_collector.alert.rules.state import Active, Facts, HostState
from driftvakt_collector.alert.rules.track import Track

_MARK = b"driftvakt rules 1\n"
MAX_BYTES = 1 << 30
"""Of a dump, expanded."""
_CHECKED = {int(zstd.CompressionParameter.compression_level): 1, int(zstd.CompressionParameter.checksum_flag): 1}


class DumpError(Exception):
    """What was kept can't be used; the text says why. What waits begins anew; what fires is found again."""


class _Active(msgspec.Struct, array_like=True):
    rule: str
    labels: tuple[tuple[str, str], ...]
    since: float
    value: float
    fires: bool
    lapsed: float | None


class _Track(msgspec.Struct, array_like=True):
    reach: float
    keys: list[tuple[str, tuple[tuple[str, str], ...]]]
    times: bytes
    values: bytes


class _Profile(msgspec.Struct, array_like=True):
    rule: str
    labels: tuple[tuple[str, str], ...]
    usual: bytes
    weeks: bytes
    at: int
    sum: float
    count: int


class Kept(msgspec.Struct, array_like=True):
    """What is kept of a host."""

    facts: Facts
    at: float
    active: list[_Active]
    tracks: list[_Track]
    profiles: list[_Profile]


class _Dump(msgspec.Struct, array_like=True):
    hosts: list[Kept]


_encoder, _decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(_Dump)


def copies(states: Iterable[HostState]) -> Iterator[Kept]:
    """Give what is worth keeping of the states, a copy each: it may be packed while lines come in."""
    return (_told(state) for state in states if state.active or state.tracks or state.profiles)


def packed(kept: Iterable[Kept]) -> bytes:
    """Return what is kept as bytes. For a thread: it takes a while."""
    return _MARK + zstd.compress(_encoder.encode(_Dump(list(kept))), options=_CHECKED)


def dump(states: Iterable[HostState]) -> bytes:
    """Return the states as bytes."""
    return packed(copies(states))


def load(kept: bytes, rules: Mapping[str, Rule], now: float) -> list[HostState]:
    """Return the states of bytes, as at `now`, in milliseconds. Raises DumpError."""
    if not kept.startswith(_MARK):
        raise DumpError(f"what rules knew is of another version, or none: it begins with {kept[:20]!r}")
    try:
        opened = zstd.ZstdDecompressor()
        plain = opened.decompress(kept[len(_MARK) :], MAX_BYTES)
        if not opened.eof:
            raise DumpError("what rules knew is cut off, or too large")
        told = _decoder.decode(plain)
    except (zstd.ZstdError, msgspec.DecodeError, UnicodeDecodeError, ValueError) as e:
        raise DumpError(f"what rules knew is damaged: {e}") from e
    return [_state(one, rules, now) for one in told.hosts]


def _told(state: HostState) -> Kept:
    active = [
        _Active(one.rule.name, one.labels, one.since, one.value, one.fires, one.lapsed)
        for one in state.active.values()
    ]  # fmt: skip
    tracks = [_Track(reach, *track.told()) for reach, track in state.tracks.items()]
    profiles = []
    for (rule, labels), profile in state.profiles.items():
        usual, weeks, hour, total, count = profile.told()
        profiles.append(_Profile(rule, labels, usual, weeks, hour, total, count))
    return Kept(state.facts, state.at, active, tracks, profiles)


def _state(told: Kept, rules: Mapping[str, Rule], now: float) -> HostState:
    state = HostState(told.facts)
    if not isfinite(told.at):
        raise DumpError(f"what rules knew of {state.facts.name!r} is damaged: it was heard at {told.at}")
    # Nobody could be heard meanwhile, so the newest line counts as of now, and what waits goes on waiting.
    away = max(now - told.at, 0.0)
    state.at = now
    for one in told.active:
        rule = rules.get(one.rule)
        if rule is None or not isfinite(one.since):
            continue
        since = one.since if one.fires else one.since + away
        active = state.active[one.rule, one.labels] = Active(rule, one.labels, since, one.value)
        active.fires = one.fires
        active.lapsed = one.lapsed + away if one.lapsed is not None and isfinite(one.lapsed) else None
    wanted = {window_of(rule) for rule in rules.values() if rule.reach}
    for kept in told.tracks:
        track = Track(kept.reach)
        if not track.restore(kept.keys, kept.times, kept.values):
            raise DumpError(f"what rules knew of {state.facts.name!r} is damaged: samples and series don't fit")
        if kept.reach in wanted:
            state.tracks[kept.reach] = track
    for row in told.profiles:
        profile = Profile()
        if not profile.restore(row.usual, row.weeks, row.at, row.sum, row.count):
            raise DumpError(f"what rules knew of {state.facts.name!r} is damaged: no profile of a week")
        if row.rule in rules and rules[row.rule].function is Function.BASELINE:
            state.profiles[row.rule, row.labels] = profile
    return state
