"""The virtual machines that a host tells of, as rows of an inventory."""

from collections.abc import Iterator

from driftvakt_collector.poll.snmp.text import text_of
from driftvakt_collector.poll.snmp.visit import Rows
from driftvakt_collector.store.section import Cell

_MEGABYTE = 1 << 20
_TOO_LARGE = (1 << 31) - 1
"""vmwVmMemSize of what has more than this says."""


def guests(rows: Rows) -> Iterator[dict[str, Cell]]:
    """Give the machines of ESXi (VMWARE-VMINFO-MIB)."""
    for index, row in rows.get("vmwVmTable", {}).items():
        size, cpus = row.get("vmwVmMemSize"), row.get("vmwVmCpus")
        yield {
            "name": text_of(row.get("vmwVmDisplayName", b"")) or index,
            "kind": "vmware",
            "uuid": text_of(row.get("vmwVmUUID", b"")),
            "memory_bytes": size * _MEGABYTE if isinstance(size, int) and 0 < size < _TOO_LARGE else None,
            "cpus": cpus if isinstance(cpus, int) and 0 < cpus < _TOO_LARGE else None,
        }
