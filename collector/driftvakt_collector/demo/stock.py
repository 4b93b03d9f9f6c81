"""What the agents of the city tell of their machines beside numbers: the sections of their inventories.

Digests are kept a host, bodies are not: one that the collector asks for is made again. What machines of one image have
in common is made once.
"""

import json
from collections.abc import Iterator
from functools import lru_cache

from driftvakt_collector.demo import facts, hardware, programs
from driftvakt_collector.demo.asset import Asset, Role
from driftvakt_collector.demo.models import Family
from driftvakt_collector.demo.sheet import Part, part

PACKAGES = "packages"
_USERS = ("name", "uid", "gid", "full_name", "home", "shell", "may_log_in")
_NOT_AFTER = ("2026-12-09T00:00:00Z", "2027-05-01T00:00:00Z", "2027-08-14T00:00:00Z", "2026-11-20T00:00:00Z")


def marks(asset: Asset, patches: int) -> dict[str, str]:
    """Return the digest of each section. patches: see `programs.level`."""
    return {name: one.digest for name, one in parts(asset, patches)}


def parts(asset: Asset, patches: int) -> Iterator[tuple[str, Part]]:
    """Give the sections of a host."""
    yield PACKAGES, packages(asset, patches)
    tables = hardware.tables(asset)
    tables["services"] = ("name", "start", "program"), programs.services(asset)
    if asset.class_ == "server":
        tables["listening_sockets"] = ("protocol", "address", "port"), programs.ports(asset)
    if asset.model.system.family is not Family.LINUX:
        name, maker = ("XProtect", "Apple") if asset.model.system.family is Family.MACOS else ("Defender", "Microsoft")
        tables["antivirus"] = ("name", "maker", "enabled", "up_to_date"), [[name, maker, True, asset.number % 60 != 9]]
        tables["firewalls"] = ("profile", "name", "enabled"), [["", f"{maker} firewall", asset.number % 80 != 11]]
    if asset.place.zone == "adm":
        # What is of a pupil stays at school.
        tables["local_users"] = _USERS, [["root", 0, 0, "", "/root", "/bin/bash", True],
                                         ["drift", 1000, 1000, "Drift", "/home/drift", "/bin/bash", True]]  # fmt: skip
    if asset.class_ == "server" and asset.role is Role.WEB:
        tables["certificates"] = _certificate(asset)
    for name, (columns, rows) in tables.items():
        yield name, _part(columns, rows)


def packages(asset: Asset, patches: int) -> Part:
    """Return the list of software alone: of it there are few."""
    text = json.dumps(programs.packages(asset, patches), ensure_ascii=False)
    return _listed(text)


@lru_cache(maxsize=2000)
def _listed(rows: str) -> Part:
    return part(b'{"columns":%b,"rows":%b}' % (json.dumps(programs.PACKAGES).encode(), rows.encode()))


def _part(columns: tuple[str, ...], rows: programs.Rows) -> Part:
    return part(json.dumps({"columns": columns, "rows": rows}, ensure_ascii=False, separators=(",", ":")).encode())


def _certificate(asset: Asset) -> hardware.Table:
    name = f"{asset.name.lower()}.stad.example"
    columns = ("path", "fingerprint", "subject", "names", "issuer", "not_before", "not_after", "key_type", "authority")
    return columns, [[
        f"/etc/ssl/{name}.pem", facts.uuid(asset).replace("-", "") * 2, f"CN={name}", name, "CN=Stadens CA 3",
        "2025-11-20T00:00:00Z", _NOT_AFTER[asset.number % len(_NOT_AFTER)], "RSA 2048", False,
    ]]  # fmt: skip
