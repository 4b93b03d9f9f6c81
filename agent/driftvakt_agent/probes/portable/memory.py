"""Memory and swap, under the names that Linux gave them, and on macOS also under those of node_exporter there."""

from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.probes.portable.source import ask, or_no_data, psutil_or, samples
from driftvakt_agent.sample import Sample

_VIRTUAL = (
    ("total", "node_memory_MemTotal_bytes", 1),
    ("available", "node_memory_MemAvailable_bytes", 1),
    ("free", "node_memory_MemFree_bytes", 1),
    ("active", "node_memory_active_bytes", 1),
    ("inactive", "node_memory_inactive_bytes", 1),
    ("wired", "node_memory_wired_bytes", 1),
)
_SWAP = (("total", "node_memory_SwapTotal_bytes", 1), ("free", "node_memory_SwapFree_bytes", 1))


def collect(_: Host, source: object | None = None) -> Iterator[Sample]:
    return or_no_data(_collect(psutil_or(source)), "this platform does not tell its memory")


def _collect(source: object) -> Iterator[Sample]:
    yield from samples(ask(source, "virtual_memory"), _VIRTUAL)
    yield from samples(ask(source, "swap_memory"), _SWAP)
