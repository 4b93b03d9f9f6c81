"""What Grafana's webhook says becomes changes of ours."""

import json
from pathlib import Path
from typing import Any

import pytest

from driftvakt_collector.alert.alert import Alert, Source, What
from driftvakt_collector.alert.incoming.foreign import Sender
from driftvakt_collector.alert.incoming.grafana import read
from driftvakt_collector.alert.incoming.payload import PayloadError
from driftvakt_collector.alert.incoming.standing import news

FACTS = Path(__file__).parents[5] / "shared" / "corpora" / "webhooks" / "grafana_facts.json"
NOW = 1_795_000_000.0
SENDER = Sender("grafana", "adm")


def example(**told: Any) -> dict[str, Any]:
    """Grafana's body, its alert changed as told."""
    found: dict[str, Any] = json.loads(FACTS.read_text("utf-8"))["example_own"]
    found["alerts"][0] |= told
    return found


def one(told: dict[str, Any]) -> Alert:
    (change,) = read(json.dumps(told).encode(), SENDER, NOW).changes
    return change.alert


def test_an_alert_of_grafana() -> None:
    told = one(example())

    assert (told.source, told.rule, told.value) == (Source.GRAFANA, "UPS på batteri", 44.2394)
    assert told.summary.sv == "UPS går på batteri"
    assert told.since == pytest.approx(1634025063.157076)
    assert dict(told.labels)["silenceURL"] == "https://grafana.example/alerting/silence/new?x"
    assert "dashboardURL" not in dict(told.labels)


def test_it_fires_once_and_is_closed_when_it_is_resolved() -> None:
    fired = read(json.dumps(example()).encode(), SENDER, NOW).changes
    standing = {change.alert.fingerprint: change.alert for change in news(fired, {})}
    again = read(json.dumps(example(values={"B": 50.1, "C": 1})).encode(), SENDER, NOW + 60).changes
    ended = example(status="resolved", endsAt="2021-10-12T10:51:03+02:00")
    resolved = read(json.dumps(ended).encode(), SENDER, NOW + 120).changes

    assert len(standing) == 1
    assert news(again, standing) == []
    assert [change.what for change in news(resolved, standing)] == [What.CLEARED]


@pytest.mark.parametrize(
    ("told", "value"),
    [({"values": {"A": 7}}, 7.0), ({"values": None, "valueString": "[ metric='' labels={} value=14151.3 ]"}, 14151.3),
     ({"values": {"A": 1, "B": 2, "C": 3}}, None), ({"values": {"C": 1}}, 1.0), ({"values": None}, None),
     ({"values": {"B": None, "C": 0}}, 0.0), ({"values": "x"}, None), ({"values": {"A": "12.5"}}, 12.5)],
)  # fmt: skip
def test_what_was_measured_is_one_number_or_none(told: dict[str, Any], value: float | None) -> None:
    assert one(example(**told)).value == value


def test_a_body_of_alertmanager_is_told_where_to_go() -> None:
    with pytest.raises(PayloadError, match="/v1/incoming/alertmanager/"):
        read(b'{"version":"4","alerts":[{"labels":{"alertname":"x"}}]}', SENDER, NOW)


def test_the_state_of_old_alerting_is_understood() -> None:
    (change,) = read(json.dumps(example(status="ok")).encode(), SENDER, NOW).changes

    assert change.what is What.CLEARED
