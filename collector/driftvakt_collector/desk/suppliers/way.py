"""The way to a broken thing, step by step: whose each thing is, and whether it answers. From the topology; pure."""

from collections.abc import Callable, Mapping

from driftvakt_collector.desk.suppliers.evidence import Hop, Seen, Whose
from driftvakt_collector.fleet.host import Host, Verdict
from driftvakt_collector.fleet.topology.tree import UNKNOWN, Tree

_SEEN = {Verdict.OK: Seen.ANSWERS, Verdict.LATE: Seen.SILENT, Verdict.SILENT: Seen.SILENT}


def hops(
    origin: str, tree: Tree, hosts: Mapping[str, Host], supplier: str, verdict: Callable[[Host], Verdict]
) -> tuple[Hop, ...]:
    """Return the broken thing and all above it. supplier: whose things are called theirs. verdict: of a host now."""
    return tuple(_hop(one, hosts, supplier, verdict) for one in [origin, *tree.path(origin)])


def last_good(found: tuple[Hop, ...]) -> float | None:
    """Return when the broken thing was heard of last: until then the whole way worked. None where it answers still."""
    return found[0].heard if found and found[0].seen is not Seen.ANSWERS else None


def _hop(key: str, hosts: Mapping[str, Host], supplier: str, verdict: Callable[[Host], Verdict]) -> Hop:
    host = hosts.get(key)
    if host is None:
        return Hop(key.removeprefix(UNKNOWN).partition("/")[2] or "?", Whose.UNKNOWN, Seen.UNKNOWN)
    whose = Whose.OURS
    if host.supplier:
        whose = Whose.THEIRS if host.supplier.casefold() == supplier.casefold() else Whose.OTHERS
    heard = host.received_wall or None
    return Hop(host.name, whose, _SEEN.get(verdict(host), Seen.UNKNOWN), host.address, "", heard)
