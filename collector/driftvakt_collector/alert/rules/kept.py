"""The file in which stands what rules know: written now and then and at the end, read at the start."""

import asyncio
import logging
import os
from collections.abc import Container, Mapping, Sequence
from pathlib import Path

from driftvakt_collector.alert.rules import keeping
from driftvakt_collector.alert.rules.evaluator import Evaluator
from driftvakt_collector.fleet.host import Host

log = logging.getLogger(__name__)

_SLICE = 250
"""Hosts that are copied between two looks at what else there is to do."""


async def save(evaluator: Evaluator, path: Path) -> None:
    """Keep what rules know. A failure is logged and no more: what is wrong is told of all the same."""
    rows = []
    for at, row in enumerate(evaluator.copies()):
        rows.append(row)
        if at % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
    try:
        await asyncio.to_thread(_put, path, rows)
    except OSError as e:
        log.warning("cannot keep what rules know in %s: %s; after a restart they begin anew", path, e)


def load(evaluator: Evaluator, path: Path, known: Container[str], at: float, hosts: Mapping[str, Host]) -> None:
    """Take up what rules knew. known: what fires as the store knows it, by fingerprint; hosts: by origin."""
    try:
        count = evaluator.load(path.read_bytes(), at, hosts)
    except FileNotFoundError:
        return
    except (keeping.DumpError, OSError) as e:
        log.warning("%s; what rules wait for begins anew", e)
        return
    evaluator.agree(known)
    log.info("rules remember %d hosts", count)


def _put(path: Path, rows: Sequence[keeping.Kept]) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(keeping.packed(rows))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
