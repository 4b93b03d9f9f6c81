import struct
from pathlib import Path

import pytest
from probing import FIXTURES, machine, shown

from driftvakt_agent.probes import users
from driftvakt_agent.sample import NoData

UTMP = (FIXTURES / "nspawn_debian_12" / "utmp").read_bytes()
SESSION = "# This is private data. Do not parse.\nUID=1000\nUSER=anna\nACTIVE=1\nSTATE=active\nTYPE=tty\nCLASS=user\n"


@pytest.mark.parametrize(
    ("alive", "expected"),
    [pytest.param(True, 1, id="one login"), pytest.param(False, 0, id="a login whose process died is none")],
)
def test_utmp(tmp_path: Path, alive: bool, expected: int) -> None:
    host = machine(tmp_path, {"run/utmp": UTMP, ("proc/60/stat" if alive else "proc/61/stat"): ""})

    assert shown(users.collect(host)) == {"driftvakt_users_logged_in": expected}


def test_a_record_that_is_being_written() -> None:
    assert users.parse_utmp(UTMP[:-1]) == []
    assert users.parse_utmp(struct.pack("=hxxi", 7, 5) + bytes(376)) == [5]
    assert users.parse_utmp(b"") == []


def test_sessions_where_there_is_no_utmp(tmp_path: Path) -> None:
    files = {
        "run/systemd/sessions/3": SESSION,
        "run/systemd/sessions/4": SESSION.replace("CLASS=user", "CLASS=user-early"),
        "run/systemd/sessions/5": SESSION.replace("STATE=active", "STATE=closing"),
        "run/systemd/sessions/c1": SESSION.replace("CLASS=user", "CLASS=greeter"),
        "run/systemd/sessions/6": SESSION.replace("CLASS=user", "CLASS=manager"),
        "run/systemd/sessions/3.ref": SESSION,
    }

    assert shown(users.collect(machine(tmp_path, files))) == {"driftvakt_users_logged_in": 2}


def test_no_name_leaves_the_machine(tmp_path: Path) -> None:
    host = machine(tmp_path, {"run/utmp": UTMP, "proc/60/stat": ""})

    assert "anna" in UTMP.decode("latin-1")
    assert "anna" not in repr(list(users.collect(host)))


def test_nobody_counts(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        list(users.collect(machine(tmp_path)))
