"""Takes the whole inventory, each reader isolated, and writes it down: a body a section, and an index of their digests.

    FOLDER/index.json      {"taken":1764000000.0,"digests":{"system":"b2:51ac…"},"failed":{"usb":"cannot read …"}}
    FOLDER/system.json     {"columns":["manufacturer","product",…],"rows":[["Dell Inc.","PowerEdge R620",…]]}

The running agent reads the index alone, and a body when the collector asks for it. A section whose reader failed is
left as it was: it is not empty because of a fault.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping

from driftvakt_agent.disk import replace
from driftvakt_agent.host import INVENTORY, Host
from driftvakt_agent.inventory import READERS, Found, Row
from driftvakt_agent.sample import NoData
from driftvakt_wire.envelope import digest
from driftvakt_wire.sections import MAX_BODY, MAX_ROWS, MAX_TEXT, SECTIONS, WHOLE, Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from driftvakt_agent.persons import Persons

INDEX = "index.json"
Reader = Callable[[Host], Found]


class Taken:
    """bodies: of the sections that there is something of, by name. failed: why a reader gave nothing, by its name."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.failed: dict[str, str] = {}


def take(host: Host, readers: Mapping[str, Reader] | None = None) -> Taken:
    """Run every reader."""
    taken = Taken()
    rows: dict[str, list[Row]] = {}
    for name, reader in (readers or _loaded(_of_this_system())).items():
        try:
            for section, found in reader(host).items():
                rows.setdefault(section, []).extend(found)
        except NoData:
            continue
        except Exception as e:  # noqa: BLE001  the seam: one reader's fault is never another's
            taken.failed[name] = f"{e.__class__.__name__}: {e}"[:500]
    for name, found in rows.items():
        declared = SECTIONS[name]
        if host.persons is not None:
            found = [_of_nobody(row, host.persons) for row in found]
        taken.bodies[name] = body(declared, found if declared.keys else found[:1])
    return taken


def take_down(folder: str, privacy: str) -> int:
    """Take the inventory for the agent, and write it into its folder; return the exit code."""
    if hasattr(os, "nice"):
        # Behind everything else that wants the processor.
        os.nice(19)
    host = Host(privacy=privacy)
    host.memory[INVENTORY] = folder
    try:
        write(folder, take(host), time.time())
    except OSError as e:
        print(f"driftvakt-agent: cannot write the inventory to {folder}: {e.strerror}", file=sys.stderr)
        return 1
    return 0


def body(section: Section, rows: Iterable[Row]) -> bytes:
    """Return the body of a section: columns as declared, cells bounded, rows in the order of their keys.

    In one order, whatever order the machine gave them in: another order is another digest.
    """
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    columns = [column.name for column in section.columns]
    keys = [columns.index(key) for key in section.keys]
    lines: list[tuple[list[str], str]] = []
    for row in rows:
        cells = [_cell(row.get(column.name), column.kind) for column in section.columns]
        lines.append(([str(cells[place] or "") for place in keys], encode(cells)))
    lines.sort()
    kept, size = [], 64 + sum(len(name) + 3 for name in columns)
    for _, line in lines[:MAX_ROWS]:
        told = line.encode()
        size += len(told) + 1
        if size > MAX_BODY:
            break
        kept.append(told)
    return b'{"columns":%b,"rows":[%b]}' % (encode(columns).encode(), b",".join(kept))


def write(folder: str, taken: Taken, now: float) -> None:
    """Write what is new, then the index that names it all. Raises OSError."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    before = read_index(folder)
    digests = {name: digest(text) for name, text in taken.bodies.items()}
    if taken.failed:
        # Whose they are is not known: what was there before and did not come now stays.
        digests = {**before, **digests}
    for name, text in taken.bodies.items():
        if before.get(name) != digests[name] or not os.path.exists(path_of(folder, name)):
            replace(path_of(folder, name), text)
    told = {"taken": round(now, 3), "digests": digests, "failed": taken.failed}
    replace(os.path.join(folder, INDEX), _dumps(told))


def read_index(folder: str) -> dict[str, str]:
    """Return the digests of the sections that were written down, by name; nothing where there is no index."""
    try:
        with open(os.path.join(folder, INDEX), encoding="utf-8") as file:
            told = json.load(file)
        digests = told["digests"]
        return {str(name): str(mark) for name, mark in digests.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def path_of(folder: str, name: str) -> str:
    return os.path.join(folder, f"{name}.json")


def _of_nobody(row: Row, persons: "Persons") -> Row:
    """Return a row without what is a person's, under the privacy profile `edu`."""
    # Imported here: under `full` nothing of it is wanted.
    from driftvakt_wire.personal import MASK

    told = {name: persons.text(value) if isinstance(value, str) else value for name, value in row.items()}
    name = told.get("hostname")
    return {**told, "hostname": MASK} if isinstance(name, str) and persons.mask.names_person(name) else told


def _cell(value: object, kind: str) -> object:
    if isinstance(value, bool) or value is None:
        return value
    if kind == WHOLE:
        return value if isinstance(value, int) and abs(value) < 1 << 53 else None
    text = str(value)[:MAX_TEXT]
    if text.isprintable():
        return text.strip()
    text = text.encode("utf-8", "replace").decode()
    return "".join(char if char.isprintable() else " " for char in text).strip()


def _dumps(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _of_this_system() -> tuple[str, ...]:
    if sys.platform == "win32":
        from driftvakt_agent.inventory import windows

        return windows.READERS
    if sys.platform == "darwin":
        from driftvakt_agent.inventory import macos

        return macos.READERS
    return READERS


def _loaded(names: Iterable[str]) -> dict[str, Reader]:
    from importlib import import_module

    return {name: import_module(f"driftvakt_agent.inventory.{name}").take for name in names}
