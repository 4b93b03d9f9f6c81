"""Incidents under `kill -9` and faults of mail server and gateway: nobody is left untold, and few are told twice.

PAGING_INCIDENTS, PAGING_KILLS and PAGING_RATE (incidents a second) make it longer: `./run faults` does.
"""

import os
import random
import time
from pathlib import Path

import pytest
from paging_night import Night
from paging_servers import MoodyElks, MoodySmtp

pytestmark = pytest.mark.real

INCIDENTS = int(os.environ.get("PAGING_INCIDENTS", "80"))
KILLS = int(os.environ.get("PAGING_KILLS", "4"))
RATE = float(os.environ.get("PAGING_RATE", "20"))
SEED = int(os.environ.get("DRIFTVAKT_SEED", "2026"))


def test_nobody_is_left_untold_through_kills_and_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(SEED)
    began = time.monotonic()

    def down(from_: float, to: float, every: float = 90.0) -> bool:
        """Say if it is one of the times, every so many seconds, at which a way is out of order for everybody."""
        return from_ <= (time.monotonic() - began) % every < to

    smtp = MoodySmtp(dice=random.Random(SEED + 1), pace=0.02, down=lambda: down(5, 20))
    elks = MoodyElks(dice=random.Random(SEED + 2), pace=0.05, down=lambda: down(50, 65))
    with smtp, elks:
        night = Night(tmp_path, smtp, elks, INCIDENTS, RATE, capsys)
        began = time.monotonic()
        told = night.pass_by(KILLS, dice, patience=180.0)

    with capsys.disabled():
        print(
            f"\n{told.incidents} incidents at {RATE:g} a second, {KILLS} kills: {len(told.untold)} untold;"
            f" twice {told.mails} mails ({told.lost_mails} answers lost) and {told.texts} SMS ({told.lost_texts});"
            f" {told.rows} pages; the first of an incident after {told.late(0.5):.1f} s (median),"
            f" {told.late(0.99):.1f} s (99 of 100), {told.waits[-1]:.1f} s (last)"
        )
    assert told.incidents == INCIDENTS
    assert told.untold == []
    # A second copy has the id of the first: that is how they are counted. A gateway is asked what it took.
    assert told.mails <= KILLS + told.lost_mails
    assert told.texts == 0
    assert told.late(0.99) <= 60.0
