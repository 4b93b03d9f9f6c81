"""What `ansible-inventory --list` prints: whatever the inventory is kept in, Ansible has read it already.

    {"_meta": {"hostvars": {"web1": {"administration": "Stadsdel 3"}}}, "all": {"children": ["web"]},
     "web": {"hosts": ["web1"]}}

Source: Ansible's developer guide, "Developing dynamic inventory", script conventions.
"""

from collections.abc import Mapping

import msgspec

from driftvakt_collector.service.coverage.entry import Entry, tidy
from driftvakt_collector.service.coverage.reading.base import ListError, ListRead

_OWNER = ("administration", "driftvakt_administration", "owner")
_SITE = ("site", "driftvakt_site", "location")


def is_one(text: str) -> bool:
    """Say if this is an object of JSON."""
    return text.lstrip().startswith("{")


def read(text: str) -> ListRead:
    """Return the hosts. Raises ListError for what is no such output."""
    try:
        told = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as e:
        raise ListError(f"it is no JSON: {e}") from e
    if not isinstance(told, dict) or not any(key in told for key in ("_meta", "all")):
        raise ListError("it has neither '_meta' nor 'all': make it with 'ansible-inventory --list'")
    meta = told.get("_meta")
    variables = meta.get("hostvars") if isinstance(meta, dict) else None
    known: dict[str, Mapping[str, object]] = {}
    for group in told.values():
        hosts = group.get("hosts") if isinstance(group, dict) else None
        for host in hosts if isinstance(hosts, list | dict) else ():
            known.setdefault(str(host), {})
    if isinstance(variables, dict):
        known |= {str(host): one if isinstance(one, dict) else {} for host, one in variables.items()}
    entries = [
        Entry(name=tidy(host), serial=_first(one, ("serial", "serial_number")), mac=_first(one, ("mac", "mac_address")),
              owner=_first(one, _OWNER), site=_first(one, _SITE))
        for host, one in known.items()
    ]  # fmt: skip
    return ListRead([entry for entry in entries if entry.keys], [])


def _first(variables: Mapping[str, object], names: tuple[str, ...]) -> str:
    return next((tidy(told) for name in names if isinstance(told := variables.get(name), str | int)), "")
