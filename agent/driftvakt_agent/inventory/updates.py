"""Versions that wait to be installed, as the probe `updates` found them when it last asked the package manager.

To ask costs more than the whole inventory, so it is done for both at once:
    FOLDER/pending.json   [{"source":"apt","name":"libssl3","architecture":"amd64","state":"pending",…},…]
"""

import json
import os

from driftvakt_agent.disk import replace
from driftvakt_agent.host import INVENTORY, Host, read_bytes
from driftvakt_agent.inventory import Found
from driftvakt_agent.sample import NoData

FILE = "pending.json"
_MAX_FILE = 4 << 20


def take(host: Host) -> Found:
    folder = host.memory.get(INVENTORY)
    try:
        raw = read_bytes(os.path.join(str(folder), FILE))
        rows = json.loads(raw) if len(raw) <= _MAX_FILE else None
    except (OSError, ValueError, RecursionError) as e:
        raise NoData("no package manager was asked so far") from e
    return {"updates": [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []}


def keep(folder: str, host: Host) -> None:
    """Write down what a probe found, for the next inventory. Raises OSError."""
    # Imported here: to read what was found needs no package manager.
    from driftvakt_agent.probes.updates import PENDING

    rows = host.memory.get(PENDING)
    if rows is not None:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        replace(os.path.join(folder, FILE), json.dumps(rows, ensure_ascii=False).encode())
