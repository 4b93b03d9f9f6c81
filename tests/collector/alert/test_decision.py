"""Whether an alert pages, and why not."""

import pytest
from alarming import alert

from driftvakt_collector.alert import decision
from driftvakt_collector.alert.alert import Alert, Severity, Source
from driftvakt_collector.alert.decision import Reason, Situation, Standing, decide
from driftvakt_collector.alert.words import Words

MUTED = Reason("maintenance", Words("Underhåll till 06:00", "Maintenance until 06:00"), 6.0)
ABOVE = Reason("above", Words("fw-12 är nere", "fw-12 is down"))


@pytest.mark.parametrize(
    ("told", "situation", "standing", "codes"),
    [
        pytest.param({}, Situation(), Standing.PAGED, ["critical"], id="a critical one pages"),
        pytest.param({}, Situation(is_open=False), Standing.PAGED, ["critical"], id="a critical one pages at night"),
        pytest.param(
            {"severity": Severity.WARNING}, Situation(), Standing.PAGED, ["open"], id="a warning pages in the day"
        ),
        pytest.param(
            {"severity": Severity.WARNING}, Situation(is_open=False, opens=9.0), Standing.HELD, ["hours"],
            id="a warning waits for the morning",
        ),
        pytest.param({"severity": Severity.INFO}, Situation(), Standing.SHOWN, ["info"], id="information is shown"),
        pytest.param({"class_": "laptop"}, Situation(), Standing.SHOWN, ["personal"], id="a laptop never pages alone"),
        pytest.param(
            {"class_": "workstation", "source": Source.LIVENESS}, Situation(), Standing.PAGED, ["critical"],
            id="many computers that are missing do",
        ),
        pytest.param({}, Situation(muted=(MUTED,)), Standing.HELD, ["maintenance"], id="maintenance holds"),
        pytest.param({}, Situation(above=ABOVE), Standing.HELD, ["above"], id="what is above is to blame"),
        pytest.param(
            {}, Situation(muted=(MUTED,), above=ABOVE), Standing.HELD, ["maintenance", "above"], id="all reasons stand"
        ),
    ],
)  # fmt: skip
def test_an_alert_pages_or_says_why_not(
    told: dict[str, object], situation: Situation, standing: Standing, codes: list[str]
) -> None:
    done = decide(alert(**told), situation)

    assert (done.standing, [one.code for one in done.reasons]) == (standing, codes)


def test_the_reason_of_a_warning_at_night_says_when_it_is_told() -> None:
    situation = Situation(is_open=False, closed=Words("lördag", "Saturday"), opens=9.0)

    (reason,) = decide(alert(severity=Severity.WARNING), situation).reasons

    assert reason.until == 9.0
    assert "lördag" in reason.words.sv


def test_a_trace_is_read_as_it_was_written() -> None:
    made: Alert = alert()
    done = decide(made, Situation(muted=(MUTED,), above=ABOVE))

    assert tuple(decision.read(done.trace)) == done.reasons
