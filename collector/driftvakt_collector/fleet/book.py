"""The register of assets in the store. Each method runs in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Table, and_, delete, exists, func, insert, or_, select, update

from driftvakt_collector.fleet.identity.decide import MOVE, SHARED, Asset, Bound
from driftvakt_collector.fleet.identity.evidence import Evidence
from driftvakt_collector.fleet.identity.keys import NAME, Key
from driftvakt_collector.fleet.register import WENT_ALONG, Moved, Noted
from driftvakt_collector.store.assets import (
    AssetApartTable,
    AssetDecisionTable,
    AssetKeyTable,
    AssetMoveTable,
    AssetQuestionTable,
    AssetSourceTable,
    AssetTable,
)
from driftvakt_collector.store.models import HostSectionTable
from driftvakt_collector.store.upsert import insert_new, upsert

_ASSETS: Table = AssetTable.__table__  # type: ignore[attr-defined]
_KEYS: Table = AssetKeyTable.__table__  # type: ignore[attr-defined]
_SOURCES: Table = AssetSourceTable.__table__  # type: ignore[attr-defined]
_APART: Table = AssetApartTable.__table__  # type: ignore[attr-defined]
_QUESTIONS: Table = AssetQuestionTable.__table__  # type: ignore[attr-defined]
_DECISIONS: Table = AssetDecisionTable.__table__  # type: ignore[attr-defined]
_MOVES: Table = AssetMoveTable.__table__  # type: ignore[attr-defined]
_HOST_SECTIONS: Table = HostSectionTable.__table__  # type: ignore[attr-defined]
_OF_INSTALLATION = WENT_ALONG[1:]


class Question(NamedTuple):
    """A source that perhaps stands on another asset than its own. at: seconds since the epoch."""

    source: str
    home: int
    asset: int
    at: float


class SqlBook:
    """What `register.Book` asks for, and what is only read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def home(self, source: str) -> int:
        query = select(_SOURCES.c.asset).where(_SOURCES.c.source == source)
        return int(self._connection.execute(query).scalar() or 0)

    def told(self, source: str) -> str:
        query = select(_SOURCES.c.evidence).where(_SOURCES.c.source == source)
        return str(self._connection.execute(query).scalar() or "")

    def zone(self, source: str) -> str:
        query = select(_SOURCES.c.zone).where(_SOURCES.c.source == source)
        return str(self._connection.execute(query).scalar_one())

    def holders(self, keys: Iterable[Key], zone: str) -> Mapping[Key, list[int]]:
        # Two looks a key, each within the index and each bounded: a maker's default may be on ten thousand assets.
        found: dict[Key, list[int]] = {}
        for key in keys:
            here = select(_KEYS.c.asset).where(_KEYS.c.value == key.value, _KEYS.c.kind == key.kind)
            numbers = {*self._standing(key, zone), *self._connection.execute(here.limit(SHARED + 1)).scalars()}
            if numbers:
                found[key] = sorted(numbers)
        return found

    def crowd(self, key: Key, zone: str) -> int:
        return len(self._standing(key, zone))

    def moves(self, source: str, since: float) -> int:
        query = (
            select(func.count()).select_from(_MOVES.join(_DECISIONS, _DECISIONS.c.id == _MOVES.c.decision))
            .where(_MOVES.c.source == source, _DECISIONS.c.action == MOVE, _DECISIONS.c.at > since)
        )  # fmt: skip
        return int(self._connection.execute(query).scalar() or 0)

    def purge(self, number: int) -> None:
        there = select(_SOURCES.c.source).where(_SOURCES.c.asset == number)
        self._connection.execute(delete(_KEYS).where(_KEYS.c.asset == number, _KEYS.c.source.not_in(there)))

    def redirect(self, number: int, into: int) -> None:
        run = self._connection.execute
        asked = run(select(_QUESTIONS.c.source, _QUESTIONS.c.at).where(_QUESTIONS.c.asset == number)).all()
        run(delete(_QUESTIONS).where(_QUESTIONS.c.asset == number))
        rows = [{"source": source, "asset": into, "at": at} for source, at in asked]
        insert_new(self._connection, _QUESTIONS, rows)

    def _standing(self, key: Key, zone: str) -> list[int]:
        query = (
            select(_KEYS.c.asset).join(_ASSETS, _ASSETS.c.id == _KEYS.c.asset)
            .where(
                _KEYS.c.value == key.value, _KEYS.c.kind == key.kind, _ASSETS.c.zone == zone,
                exists().where(_SOURCES.c.asset == _KEYS.c.asset),
            )
            .limit(SHARED + 1)
        )  # fmt: skip
        return list(self._connection.execute(query).scalars())

    def assets(self, numbers: Iterable[int]) -> list[Asset]:
        wanted = sorted(numbers)
        rows = self._connection.execute(
            select(_ASSETS.c.id, _ASSETS.c.zone, _ASSETS.c.virtual)
            .where(_ASSETS.c.id.in_(wanted)).order_by(_ASSETS.c.id)
        ).all()  # fmt: skip
        keys: dict[int, set[Key]] = {}
        for number, kind, value in self._connection.execute(
            select(_KEYS.c.asset, _KEYS.c.kind, _KEYS.c.value).where(_KEYS.c.asset.in_(wanted))
        ):
            keys.setdefault(number, set()).add(Key(kind, value))
        bound: dict[int, list[Bound]] = {}
        for number, source, since, pinned in self._connection.execute(
            select(_SOURCES.c.asset, _SOURCES.c.source, _SOURCES.c.since, _SOURCES.c.pinned)
            .where(_SOURCES.c.asset.in_(wanted)).order_by(_SOURCES.c.source)
        ):  # fmt: skip
            bound.setdefault(number, []).append(Bound(source, None, since, pinned))
        return [
            Asset(number, zone, frozenset(keys.get(number, ())), tuple(bound.get(number, ())), virtual)
            for number, zone, virtual in rows
        ]

    def crowded(self) -> list[int]:
        query = select(_SOURCES.c.asset).group_by(_SOURCES.c.asset).having(func.count() > 1).order_by(_SOURCES.c.asset)
        return list(self._connection.execute(query).scalars())

    def apart(self, source: str) -> set[str]:
        return set(self._connection.execute(select(_APART.c.other).where(_APART.c.one == source)).scalars())

    def create(self, zone: str, at: float) -> int:
        made = self._connection.execute(insert(_ASSETS).values(zone=zone, virtual="", created=at))
        key = made.inserted_primary_key
        assert key is not None
        return int(key[0])

    def settle(self, evidence: Evidence, text: str, number: int, at: float, *, pinned: bool) -> None:
        source, run = evidence.source, self._connection.execute
        known = run(select(_SOURCES.c.asset, _SOURCES.c.since).where(_SOURCES.c.source == source)).first()
        if known is not None:
            gone = _OF_INSTALLATION if known.asset == number else WENT_ALONG
            run(delete(_KEYS).where(
                _KEYS.c.asset == known.asset, _KEYS.c.source == source, _KEYS.c.kind.in_(gone)
            ))  # fmt: skip
        told = {key.kind for key in evidence.keys} - set(_OF_INSTALLATION)
        # What an operator put together may be of several parts, and each keeps its own.
        kept = select(_SOURCES.c.source).where(
            _SOURCES.c.asset == number, _SOURCES.c.pinned, _SOURCES.c.source != source
        )
        run(delete(_KEYS).where(
            _KEYS.c.asset == number, _KEYS.c.kind.in_(sorted(told)), _KEYS.c.source.not_in(kept)
        ))  # fmt: skip
        upsert(self._connection, _KEYS, [
            {"asset": number, "kind": key.kind, "value": key.value, "source": source} for key in sorted(evidence.keys)
        ])  # fmt: skip
        run(update(_ASSETS).where(_ASSETS.c.id == number).values(virtual=evidence.virtual))
        since = known.since if known is not None and known.asset == number else at
        upsert(self._connection, _SOURCES, [
            {"source": source, "asset": number, "zone": evidence.zone, "since": since, "pinned": pinned, "checked": at,
             "evidence": text}
        ])  # fmt: skip

    def keep_apart(self, one: str, other: str, *, apart: bool) -> None:
        if apart:
            insert_new(self._connection, _APART, [{"one": one, "other": other}, {"one": other, "other": one}])
        else:
            pair = or_(
                and_(_APART.c.one == one, _APART.c.other == other), and_(_APART.c.one == other, _APART.c.other == one)
            )
            self._connection.execute(delete(_APART).where(pair))

    def ask(self, source: str, numbers: Iterable[int], at: float) -> None:
        self._connection.execute(delete(_QUESTIONS).where(_QUESTIONS.c.source == source))
        rows = [{"source": source, "asset": number, "at": at} for number in numbers]
        if rows:
            self._connection.execute(insert(_QUESTIONS), rows)

    def asked(self, source: str) -> list[int]:
        return list(self._connection.execute(select(_QUESTIONS.c.asset).where(_QUESTIONS.c.source == source)).scalars())

    def note(self, at: float, action: str, moves: Iterable[Moved], text: str, who: str) -> int:
        made = self._connection.execute(
            insert(_DECISIONS).values(at=at, action=action, text=text, who=who, undone=False)
        )
        key = made.inserted_primary_key
        assert key is not None
        self._connection.execute(insert(_MOVES), [{"decision": int(key[0]), **one._asdict()} for one in moves])
        return int(key[0])

    def noted(self, number: int) -> Noted | None:
        return next(iter(self._noted((number,))), None)

    def mark_undone(self, number: int) -> None:
        self._connection.execute(update(_DECISIONS).where(_DECISIONS.c.id == number).values(undone=True))

    def history(self, number: int, limit: int = 50) -> list[Noted]:
        """Return the decisions that an asset had part in, the newest first."""
        query = (
            select(_MOVES.c.decision).where(or_(_MOVES.c.begin == number, _MOVES.c.end == number))
            .distinct().order_by(_MOVES.c.decision.desc()).limit(limit)
        )  # fmt: skip
        return self._noted(list(self._connection.execute(query).scalars()))

    def questions(self, limit: int = 1000) -> list[Question]:
        """Return what waits for an operator, the oldest first."""
        query = (
            select(_QUESTIONS.c.source, _SOURCES.c.asset, _QUESTIONS.c.asset, _QUESTIONS.c.at)
            .join(_SOURCES, _SOURCES.c.source == _QUESTIONS.c.source)
            .where(_SOURCES.c.asset != _QUESTIONS.c.asset)
            .order_by(_QUESTIONS.c.at, _QUESTIONS.c.source, _QUESTIONS.c.asset).limit(limit)
        )  # fmt: skip
        return [Question(*row) for row in self._connection.execute(query)]

    def listing(self, find: str = "", limit: int = 1000) -> list[Asset]:
        """Return assets, those that have a key with this text in it; the newest first."""
        query = select(_ASSETS.c.id).order_by(_ASSETS.c.id.desc()).limit(limit)
        if find:
            wanted = func.lower(_KEYS.c.value).contains(find.lower(), autoescape=True)
            query = query.where(_ASSETS.c.id.in_(select(_KEYS.c.asset).where(wanted)))
        return self.assets(list(self._connection.execute(query).scalars()))

    def companions(self, source: str) -> list[str]:
        """Return the other sources on the same asset, the newest comer first."""
        query = (
            select(_SOURCES.c.source)
            .where(_SOURCES.c.asset == self.home(source), _SOURCES.c.source != source)
            .order_by(_SOURCES.c.since.desc())
        )
        return list(self._connection.execute(query).scalars())

    def found_by(self, keys: Iterable[Key]) -> set[str]:
        """Return the sources on assets that are known by one of these."""
        wanted = [and_(_KEYS.c.value == key.value, _KEYS.c.kind == key.kind) for key in sorted(keys)]
        if not wanted:
            return set()
        query = select(_SOURCES.c.source).join(_KEYS, _KEYS.c.asset == _SOURCES.c.asset).where(or_(*wanted))
        return set(self._connection.execute(query).scalars())

    def behind(self, sections: Iterable[str]) -> list[str]:
        """Return the hosts with such a section that came after they were last looked at, or that never were."""
        query = (
            select(_HOST_SECTIONS.c.origin).distinct()
            .outerjoin(_SOURCES, _SOURCES.c.source == _HOST_SECTIONS.c.origin)
            .where(
                _HOST_SECTIONS.c.name.in_(list(sections)),
                or_(_SOURCES.c.source.is_(None), _SOURCES.c.checked < _HOST_SECTIONS.c.since),
            )
        )  # fmt: skip
        return list(self._connection.execute(query).scalars())

    def look(self, source: str, at: float) -> None:
        """Remember that a source was looked at, though nothing was decided."""
        self._connection.execute(update(_SOURCES).where(_SOURCES.c.source == source).values(checked=at))

    def count(self) -> tuple[int, int]:
        """Return how many assets something stands on, and how many questions wait."""
        stood = self._connection.execute(select(func.count(func.distinct(_SOURCES.c.asset)))).scalar()
        return int(stood or 0), len(self.questions())

    def _noted(self, numbers: Sequence[int]) -> list[Noted]:
        moves: dict[int, list[Moved]] = {}
        for decision, source, begin, end, pinned in self._connection.execute(
            select(_MOVES.c.decision, _MOVES.c.source, _MOVES.c.begin, _MOVES.c.end, _MOVES.c.pinned)
            .where(_MOVES.c.decision.in_(numbers)).order_by(_MOVES.c.source)
        ):  # fmt: skip
            moves.setdefault(decision, []).append(Moved(source, begin, end, pinned))
        query = select(_DECISIONS).where(_DECISIONS.c.id.in_(numbers)).order_by(_DECISIONS.c.id.desc())
        return [
            Noted(row.id, row.at, row.action, tuple(moves.get(row.id, ())), row.text, row.who, row.undone)
            for row in self._connection.execute(query)
        ]


def name_of(asset: Asset) -> str:
    """Return what an asset is called by what is installed on it, empty for none."""
    return ", ".join(sorted(key.value for key in asset.keys if key.kind == NAME))
