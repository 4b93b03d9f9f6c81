"""`driftvakt incident why` says of each host why nobody was paged, also of one that a whole site stands for."""

import json
from pathlib import Path

import pytest
from alarming import NOON, alert
from collecting import host_row, prepare

from driftvakt_collector.__main__ import main
from driftvakt_collector.alert.alert import Source
from driftvakt_collector.alert.decision import Reason, Situation, decide
from driftvakt_collector.alert.engine import RAISED, Judgement
from driftvakt_collector.alert.words import Words
from driftvakt_collector.console.desk_pages import NO_DESK
from driftvakt_collector.desk import joining
from driftvakt_collector.store.engine import Store

MUTED = Situation(muted=(Reason("maintenance", Words("Underhåll", "Maintenance: disks are changed"), NOON + 60),))


@pytest.fixture
def why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> object:
    data = tmp_path / "data"
    prepare(data, [host_row(1, name="srv-1", site="Farsta"), host_row(2, name="srv-2", site="Årsta")])
    store = Store(f"sqlite:///{data / 'store.db'}")
    site = alert("SiteUnreachable", "", source=Source.LIVENESS, subject="Farsta", site="Farsta",
                 summary=Words("Platsen Farsta", "Site Farsta can't be reached"))  # fmt: skip
    held = alert(origin="a-0002", subject="srv-2", site="Årsta")
    judged = [Judgement(RAISED, one, 1, decide(one, so), NOON) for one, so in ((site, Situation()), (held, MUTED))]
    store.write_now(lambda one: joining.apply(one, judged, NO_DESK.rules, NOON, {}))
    store.close()
    config = tmp_path / "c.toml"
    config.write_text(f"data = {json.dumps(str(data))}\n", "utf-8")

    def ask(*host: str) -> str:
        assert main(["incident", "why", *host, "--config", str(config)]) == 0
        return capsys.readouterr().out

    return ask


def test_each_host_says_why_nobody_was_paged_for_it(why: object) -> None:
    assert callable(why)
    assert "Maintenance: disks are changed, until" in why()
    assert "Maintenance: disks are changed" in why("srv-2")
    told = why("srv-1")
    assert "srv-1 is a part of what is told already: Site Farsta can't be reached, INC-1" in told
    assert "Maintenance" not in told
