"""What an operator types to let hosts in and to keep them out: init, token, host."""

import re
import stat
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from enrolling import Guest, token_row

from driftvakt_collector.__main__ import main
from driftvakt_collector.config import load
from driftvakt_collector.ingest.enrol import Enrolment
from driftvakt_collector.store import forks, hosts, tokens, zones
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.models import ForkTable
from driftvakt_collector.trust import ca
from driftvakt_collector.trust.settle import Realm
from driftvakt_wire.enrolment import read_token, token_secret

Out = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path, capsys: Out) -> str:
    assert main(["init", "--data", str(tmp_path / "data")]) == 0
    capsys.readouterr()
    return str(tmp_path / "data")


@pytest.fixture
def store(data: str) -> Iterator[Store]:
    opened = Store(f"sqlite:///{data}/store.db")
    yield opened
    opened.close()


def run(*arguments: str, code: int = 0) -> None:
    assert main(list(arguments)) == code


# --- init ---


def test_init_makes_a_listener_a_zone_on_this_machine_alone(data: str) -> None:
    config = load(None, {"data": data})

    assert [(zone.name, zone.listen, zone.port, zone.privacy) for zone in config.zones] == [
        ("adm", "127.0.0.1", 0, "full"), ("edu", "127.0.0.1", 0, "edu"),
    ]  # fmt: skip
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in Path(data).rglob("*") if path.is_file()} == {0}


def test_init_for_other_machines(tmp_path: Path) -> None:
    where = str(tmp_path / "data")
    run("init", "--data", where, "--listen", "0.0.0.0", "--name", "collector.stad.example", "--name", "10.0.0.1")

    config = load(None, {"data": where})

    assert [(zone.listen, zone.port) for zone in config.zones] == [("0.0.0.0", 8443), ("0.0.0.0", 8444)]
    assert config.zones[0].names == ("collector.stad.example", "10.0.0.1")
    now = datetime.now(UTC)
    assert ca.due((tmp_path / "data/tls/adm.crt").read_bytes(), ("collector.stad.example", "localhost"), now) == ""


def test_init_again_makes_only_what_is_missing(data: str, capsys: Out) -> None:
    (Path(data) / "tls" / "edu.crt").unlink()
    before = {path: path.read_bytes() for path in Path(data).rglob("*") if path.is_file()}

    run("init", "--data", data, "--zone", "adm", "--zone", "edu", "--zone", "lab")

    said = capsys.readouterr().out
    assert "the certificate of zone edu" in said
    assert "the listener of zone lab" in said
    config = Path(data) / "collector.toml"
    assert list(tomllib.loads(config.read_text("utf-8"))["zones"]) == ["adm", "edu", "lab"]
    assert config.read_bytes().startswith(before.pop(config))
    store = Path(data) / "store.db"
    assert {path: path.read_bytes() for path in before if path != store} == {
        path: content for path, content in before.items() if path != store
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--listen", "collector"], "'--listen' must be an IP address"), (["--name", "a b"], "is no name of a host")],
)
def test_what_init_can_not_use_is_said(tmp_path: Path, capsys: Out, arguments: list[str], said: str) -> None:
    run("init", "--data", str(tmp_path / "data"), *arguments, code=1)

    assert said in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


# --- token ---


def test_a_token_is_written_to_a_file_of_its_owner(data: str, store: Store, tmp_path: Path, capsys: Out) -> None:
    out = tmp_path / "token"

    run("token", "create", "--data", data, "--zone", "edu", "--class", "workstation", "--uses", "3", "--cidr",
        "10.1.0.0/16", "--expires", "2h", "--wave", "w1", "--out", str(out))  # fmt: skip

    token = read_token(out.read_text("ascii"))
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert token.secret == token_secret(zones.load(Path(data))["edu"], token.id)
    assert token.pin == ca.pin((Path(data) / "ca" / "edu.crt").read_bytes())
    row = store.read(lambda connection: tokens.find(connection, token.id))
    assert row is not None
    assert (row.zone, row.class_, row.uses, row.cidr, row.wave, row.approve) == (
        "edu", "workstation", 3, ("10.1.0.0/16",), "w1", True,
    )  # fmt: skip
    said = capsys.readouterr()
    assert out.read_text("ascii").split(".")[3] not in said.out + said.err


def test_a_token_is_printed_once_and_alone(data: str, capsys: Out) -> None:
    run("token", "create", "--data", data, "--out", "-")
    said = capsys.readouterr().out
    token = read_token(said)

    run("token", "list", "--data", data)

    shown = capsys.readouterr().out
    assert token.id in shown
    assert said.split(".")[3] not in shown
    assert "1 of 1 left" in shown
    assert "waits for approval" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--uses", "0"], "'--uses' must be 1 to 10000"),
        (["--cidr", "10.0.0.1/8"], "'--cidr': 10.0.0.1/8 has host bits set"),
        (["--class", "relay"], "'--name' goes with '--class relay'"),
        (["--name", "a"], "'--name' goes with '--class relay'"),
        (["--class", "relay", "--name", "a b"], "is no name of a host"),
        (["--zone", "lab"], "there is no zone 'lab'; known are adm, edu"),
        (["--wave", "x" * 65], "'--wave' is too long"),
        (["--out", "/nowhere/at/all"], "cannot write the token"),
    ],
)
def test_a_token_that_can_not_be_meant_is_not_made(
    data: str, store: Store, tmp_path: Path, capsys: Out, arguments: list[str], said: str
) -> None:
    if "--out" in arguments:
        (tmp_path / "file").touch()
        arguments = ["--out", str(tmp_path / "file" / "x")]
    run("token", "create", "--data", data, "--out", str(tmp_path / "token"), *arguments, code=1)

    assert said in capsys.readouterr().err
    assert store.read(tokens.load) == []


@pytest.mark.parametrize("expires", ["31d", "0h", "3", "2w", "-1h"])
def test_a_time_that_is_none_is_said(data: str, capsys: Out, expires: str) -> None:
    with pytest.raises(SystemExit):
        main(["token", "create", "--data", data, "--out", "-", f"--expires={expires}"])

    assert "30d at most" in capsys.readouterr().err


def test_a_file_that_is_there_is_left_alone(data: str, store: Store, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("mine")

    run("token", "create", "--data", data, "--out", str(tmp_path / "token"), code=1)

    assert (tmp_path / "token").read_text() == "mine"
    assert store.read(tokens.load) == []


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "10 of 10 left"),
        ({"used": 10}, "used up (10)"),
        ({"expires_at": datetime(2026, 1, 1, tzinfo=UTC)}, "expired 2026"),
        ({"revoked_at": datetime(2026, 1, 1, tzinfo=UTC)}, "revoked 2026"),
    ],
)
def test_the_list_says_how_a_token_does(data: str, store: Store, capsys: Out, told: dict[str, Any], said: str) -> None:
    store.write_now(lambda connection: tokens.save(connection, token_row(**told)))

    run("token", "list", "--data", data)

    assert said in capsys.readouterr().out


def test_a_token_is_revoked_once(data: str, store: Store, capsys: Out) -> None:
    store.write_now(lambda connection: tokens.save(connection, token_row()))

    run("token", "revoke", "t-1", "--data", data)
    run("token", "revoke", "t-1", "--data", data)
    run("token", "revoke", "t-2", "--data", data, code=1)

    said = capsys.readouterr()
    assert said.out == "token t-1 is revoked\ntoken t-1 was revoked before\n"
    assert "there is no token 't-2'" in said.err


def ask(data: str, store: Store, *guests: Guest) -> list[str]:
    """Let guests ask; return the origins of those who were let in."""
    import asyncio

    enrolment = Enrolment(store, Realm(zones.load(Path(data)), {}, {}), lambda _: None)
    answers = [asyncio.run(enrolment.ask(guest.line(), "10.0.0.9", "edu")) for guest in guests]
    return [
        guest.opened(body)["origin"] for guest, (status, body) in zip(guests, answers, strict=True) if status == 200
    ]


def test_the_log_says_who_tried_and_why_not(data: str, store: Store, capsys: Out) -> None:
    master = zones.load(Path(data))["edu"]
    store.write_now(lambda connection: tokens.save(connection, token_row(uses=1)))
    (origin,) = ask(data, store, Guest(master, name="pc-\x1b[31m1"), Guest(master, name="pc-2"))

    run("token", "log", "--data", data)

    said = capsys.readouterr().out
    assert re.search(rf"10\.0\.0\.9 +t-1 +approved +pc-\[31m1 as {origin}: enrolled\n", said)
    assert re.search(r"10\.0\.0\.9 +t-1 +refused +pc-2: the token was used up: 1 of 1\n", said)
    assert "\x1b" not in said


# --- host ---


@pytest.fixture
def waiting(data: str, store: Store) -> list[str]:
    """Three servers that wait: two of wave w1, and one with the name of the first."""
    master = zones.load(Path(data))["edu"]
    store.write_now(lambda connection: tokens.save(connection, token_row(approve=False)))
    store.write_now(lambda connection: tokens.save(connection, token_row("t-2", approve=False, wave="w2")))
    return ask(data, store, Guest(master, name="s-1"), Guest(master, "t-2", name="s-2"), Guest(master, name="s-1"))


def state_of(store: Store, origin: str) -> str:
    row = store.read(lambda connection: hosts.find(connection, origin))
    assert row is not None
    return row.state


def test_hosts_are_listed_with_what_must_be_known(data: str, waiting: list[str], capsys: Out) -> None:
    run("host", "list", "--data", data, "--state", "pending")

    said = capsys.readouterr().out
    assert all(origin in said for origin in waiting)
    assert f"[zone edu has a host s-1 already, {waiting[0]}]" in said
    run("host", "list", "--data", data, "--state", "revoked")
    assert capsys.readouterr().out == "there is no such host\n"


def test_a_wave_is_approved_but_what_is_strange(data: str, store: Store, waiting: list[str], capsys: Out) -> None:
    run("host", "approve", "--data", data, "--all", "--wave", "w1")

    assert [state_of(store, origin) for origin in waiting] == ["approved", "pending", "pending"]
    assert f"{waiting[2]} s-1 is left to you" in capsys.readouterr().out
    run("host", "approve", "--data", data, *waiting[1:])
    assert {state_of(store, origin) for origin in waiting} == {"approved"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["approve", "a-none"], "there is no host 'a-none'"),
        (["approve"], "name the hosts to approve, or say --all"),
        (["approve", "X", "--all"], "name the hosts to approve, or say --all"),
        (["release", "X"], "is pending; this is for hosts that are quarantined"),
        (["show", "a-none"], "there is no host"),
    ],
)
def test_what_can_not_be_decided_is_said(
    data: str, waiting: list[str], capsys: Out, arguments: list[str], said: str
) -> None:
    run("host", *(waiting[0] if one == "X" else one for one in arguments), "--data", data, code=1)

    assert said in capsys.readouterr().err


def test_a_host_is_quarantined_shown_and_released(data: str, store: Store, waiting: list[str], capsys: Out) -> None:
    origin = waiting[0]
    run("host", "approve", origin, "--data", data)
    run("host", "quarantine", origin, "--data", data)
    assert state_of(store, origin) == "quarantined"
    fork = {"origin": origin, "found_at": datetime.now(UTC), "epoch": "e1", "seq": 7, "known": '{"address":"10.0.0.9"}',
            "other": '{"address":"10.0.0.8"}', "decision": ""}  # fmt: skip
    store.write_now(lambda connection: connection.execute(ForkTable.__table__.insert().values(fork)))  # type: ignore[attr-defined]
    capsys.readouterr()

    run("host", "show", origin, "--data", data)

    said = capsys.readouterr().out
    assert all(
        part in said for part in ("quarantined", "not decided", "10.0.0.9", '{"address":"10.0.0.8"}', "with t-1")
    )
    run("host", "release", origin, "--data", data)
    assert state_of(store, origin) == "approved"
    assert store.read(lambda connection: forks.of(connection, origin))[0].decision == "released"


def test_a_revoked_host_stays_so(data: str, store: Store, waiting: list[str], capsys: Out) -> None:
    run("host", "revoke", waiting[0], "--data", data)
    run("host", "approve", waiting[0], "--data", data, code=1)

    assert state_of(store, waiting[0]) == "revoked"
    assert "is revoked; this is for hosts that are pending" in capsys.readouterr().err


def test_only_the_old_keys_are_revoked(data: str, store: Store, waiting: list[str]) -> None:
    store.write_now(lambda connection: hosts.change(connection, waiting[0], datetime.now(UTC), gen=3))

    run("host", "revoke", waiting[0], "--old", "--data", data)

    row = store.read(lambda connection: hosts.find(connection, waiting[0]))
    assert row is not None
    assert (row.gen, row.gen_floor, row.state) == (3, 3, "pending")
