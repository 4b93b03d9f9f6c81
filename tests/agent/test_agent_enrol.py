"""How an agent enrols, renews, is sealed and finds that it was copied: against a real decision, without a network."""

import json
import os
import ssl
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from enrolling import EDU, Desk, keep, token_row

from driftvakt_agent import cli, enrol, machine, start
from driftvakt_agent.config import Config, ConfigError, read
from driftvakt_agent.host import Host
from driftvakt_agent.place import Place
from driftvakt_agent.seal import seal
from driftvakt_collector.trust import ca
from driftvakt_wire.enrolment import Token, token_secret
from driftvakt_wire.envelope import derive_key

URL = "https://collector.stad.example:8444"


class Wire:
    """Between the agent and a desk. cut: the answer that is lost next; alter: what is done to bytes on their way."""

    def __init__(self, desk: Desk, authority: bytes) -> None:
        self.desk = desk
        self.authority = authority
        self.lose = 0
        self.ask: Callable[[bytes], bytes] = bytes
        self.answer: Callable[[bytes], bytes] = bytes
        self.asked: list[str] = []

    def exchange(
        self, url: str, context: ssl.SSLContext, method: str, path: str, body: bytes
    ) -> tuple[int, bytes, float]:
        self.asked.append(f"{method} {path}")
        if url.startswith("https://dead"):
            raise ConnectionRefusedError
        if path == "/v1/ca":
            return 200, self.authority, 0.0
        assert context.verify_mode is ssl.CERT_REQUIRED
        status, answer = self.desk.ask(self.ask(body))
        if self.lose:
            self.lose -= 1
            raise TimeoutError
        return status, self.answer(answer), 0.0


@pytest.fixture
def wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    desk = Desk(f"sqlite:///{tmp_path / 'store.db'}", tmp_path)
    keep(desk.store, token_row())
    made = Wire(desk, (tmp_path / "ca" / "edu.crt").read_bytes())
    monkeypatch.setattr(enrol, "_exchange", made.exchange)
    yield made
    desk.store.close()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(str(tmp_path / "agent"))


def machine_of(tmp_path: Path, number: int) -> Host:
    """Return a machine with facts of its own."""
    root = tmp_path / f"machine-{number}"
    for path, text in (
        ("etc/machine-id", f"{number:032x}"),
        ("sys/class/dmi/id/product_uuid", f"uuid-{number}"),
        ("sys/class/net/eth0/address", f"52:54:00:00:00:{number:02x}"),
        ("sys/class/net/eth0/addr_assign_type", "0"),
        ("sys/class/net/lo/address", "00:00:00:00:00:00"),
        ("sys/class/net/docker0/address", f"02:42:00:00:{os.getpid() % 99:02}:{number:02x}"),
        ("sys/class/net/docker0/addr_assign_type", "3"),
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text + "\n", "ascii")
    return Host(sys=str(root / "sys"), root=str(root))


def token(wire: Wire, **told: Any) -> Token:
    return Token(
        **{"zone": "edu", "id_": "t-1", "secret": token_secret(EDU, "t-1"), "pin": ca.pin(wire.authority)} | told
    )


def enrolled(wire: Wire, place: Place, host: Host, name: str = "pc-1", **told: Any) -> enrol.Enrolled:
    return enrol.enrol(place, [URL], token(wire, **told), name, host=host)


# --- it enrols ---


def test_it_leaves_a_configuration_that_runs(wire: Wire, place: Place, tmp_path: Path) -> None:
    done = enrolled(wire, place, machine_of(tmp_path, 1))

    config = read(place.config)
    assert (config.origin, config.gen, config.key) == (done.origin, 1, derive_key(EDU, done.origin, 1))
    assert (config.collector, config.profile) == (URL, "workstation")
    assert Path(config.ca_file).read_bytes() == wire.authority
    assert place.told["privacy"] == "edu"
    assert stat.S_IMODE((Path(place.folder) / "agent.key").stat().st_mode) == 0o600
    assert sorted(os.listdir(place.folder)) == ["agent.key", "agent.toml", "ca.pem", "machine.json"]
    assert wire.asked == ["GET /v1/ca", "POST /v1/enrol"]


def test_what_an_operator_set_stays(wire: Wire, place: Place, tmp_path: Path) -> None:
    before = 'profile = "server"\ncpu_percent = 2\n\n# our own\n[probes]\ndisable = ["thermal"]\n'
    before += '[probes.textfile]\norigin = "x"\n'
    Path(place.config).write_text(before, "utf-8")

    enrolled(wire, Place(place.folder), machine_of(tmp_path, 1))

    text = Path(place.config).read_text("utf-8")
    assert text.endswith(before)
    assert text.startswith('collector = "https://')


def test_a_lost_answer_is_asked_for_again_with_the_same_nonce(wire: Wire, place: Place, tmp_path: Path) -> None:
    host = machine_of(tmp_path, 1)
    wire.lose = 1
    with pytest.raises(ConfigError, match="uses the token only once"):
        enrolled(wire, place, host)
    assert not os.path.exists(place.config)

    done = enrolled(wire, Place(place.folder), host)

    assert (wire.desk.left(), list(wire.desk.known)) == (9, [done.origin])


def test_a_copy_of_the_disk_does_not_repeat_the_request(wire: Wire, place: Place, tmp_path: Path) -> None:
    wire.lose = 1
    with pytest.raises(ConfigError):
        enrolled(wire, place, machine_of(tmp_path, 1))

    done = enrolled(wire, Place(place.folder), machine_of(tmp_path, 2), name="pc-2")

    assert (wire.desk.left(), len(wire.desk.known), done.state) == (8, 2, "approved")


@pytest.mark.parametrize("flip", range(0, 400, 7))
def test_what_is_altered_on_its_way_is_refused(wire: Wire, place: Place, tmp_path: Path, flip: int) -> None:
    def altered(text: bytes) -> bytes:
        at = flip % len(text)
        return text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]

    wire.ask = altered
    with pytest.raises(
        ConfigError, match="did not accept this token; its operator sees why with 'driftvakt token log'"
    ):
        enrolled(wire, place, machine_of(tmp_path, 1))
    assert wire.desk.known == {}
    wire.ask, wire.answer = bytes, altered
    with pytest.raises(ConfigError, match="altered it; nothing was changed"):
        enrolled(wire, place, machine_of(tmp_path, 1))

    assert not os.path.exists(place.config)


def test_nothing_is_said_to_another_authority(wire: Wire, place: Place, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not the one that the token names"):
        enrolled(wire, place, machine_of(tmp_path, 1), pin="0" * 32)

    assert wire.asked == ["GET /v1/ca"]


def test_the_next_collector_is_asked_when_one_is_dead(wire: Wire, place: Place, tmp_path: Path) -> None:
    urls = ["https://dead.example:1", URL]

    enrol.enrol(place, urls, token(wire), "pc-1", host=machine_of(tmp_path, 1))

    assert place.urls() == urls


@pytest.mark.parametrize(
    ("urls", "said"),
    [([], "where is the collector"), (["ftp://x"], "must begin with https://"), (["http://10.0.0.1:1"], "must be https://"),
     (["https://dead.example:1"], "nobody listens there")],
)  # fmt: skip
def test_a_url_that_can_not_be_used_is_said(
    wire: Wire, place: Place, tmp_path: Path, urls: list[str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        enrol.enrol(place, urls, token(wire), "pc-1", host=machine_of(tmp_path, 1))


# --- again, and the next key ---


def test_with_its_old_key_it_stays_who_it_was(wire: Wire, place: Place, tmp_path: Path) -> None:
    host = machine_of(tmp_path, 1)
    first = enrolled(wire, place, host)

    again = enrolled(wire, Place(place.folder), host)

    assert (again.origin, again.gen) == (first.origin, 2)
    assert read(place.config).key == derive_key(EDU, first.origin, 2)
    assert len([one for one in os.listdir(place.folder) if one.endswith(".key")]) == 1


def test_it_renews_its_key(wire: Wire, place: Place, tmp_path: Path) -> None:
    host = machine_of(tmp_path, 1)
    first = enrolled(wire, place, host)
    wire.lose = 1
    with pytest.raises(ConfigError):
        enrol.renew(place, host)
    assert read(place.config).gen == 1

    done = enrol.renew(Place(place.folder), host)

    config = read(place.config)
    assert (done.gen, config.gen, config.key) == (2, 2, derive_key(EDU, first.origin, 2))
    assert wire.desk.host(first.origin).gen == 2
    wire.desk.change(first.origin, state="revoked")
    with pytest.raises(ConfigError, match="does not renew the key"):
        enrol.renew(Place(place.folder), host)


# --- killed at each step ---


class KilledError(BaseException):
    """The process is gone."""


STEPS = ("open", "fsync", "replace", "unlink")


class Mortal:
    """Takes the place of `os` in `place`, and dies before the given call that changes or syncs a file."""

    def __init__(self, step: int) -> None:
        self.left = step

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in STEPS:
            return real

        def call(*arguments: Any, **told: Any) -> Any:
            if self.left == 0:
                raise KilledError
            self.left -= 1
            return real(*arguments, **told)

        return call


def usable(place: Place) -> Config | None:
    """Return the configuration, None where the agent was never enrolled. Fails for half of one."""
    if not os.path.exists(place.config):
        return None
    config = read(place.config)
    assert config.key == derive_key(EDU, config.origin, config.gen)
    ssl.create_default_context(cafile=config.ca_file)
    return config


@pytest.mark.parametrize("kind", ["first", "again", "renew", "copy"])
def test_a_kill_at_any_step_leaves_the_old_or_the_new(
    wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    host = machine_of(tmp_path, 1)
    here = machine_of(tmp_path, 2) if kind == "copy" else host
    keep(wire.desk.store, token_row("t-many", uses=10_000))
    many = {"id_": "t-many", "secret": token_secret(EDU, "t-many")}

    def work(folder: Path) -> None:
        place = Place(str(folder))
        if kind == "renew":
            enrol.renew(place, here)
        else:
            enrolled(wire, place, here, name=folder.name, **many)

    step, died = 0, True
    while died:
        folder = tmp_path / f"{kind}-{step}"
        if kind != "first":
            enrolled(wire, Place(str(folder)), host, name=folder.name, **many)
        before, uses = usable(Place(str(folder))), wire.desk.left("t-many")

        with monkeypatch.context() as patched:
            patched.setattr("driftvakt_agent.place.os", Mortal(step))
            try:
                work(folder)
                died = False
            except KilledError:
                pass
        half = usable(Place(str(folder)))
        work(folder)

        done = usable(Place(str(folder)))
        assert done is not None
        spent = uses - wire.desk.left("t-many")
        new = half is not None and (before is None or (half.origin, half.gen) != (before.origin, before.gen))
        assert spent in ((0,) if kind == "renew" else (1, 2) if new else (1,))
        assert before is None or (done.origin == before.origin) is (kind != "copy")
        assert len([one for one in os.listdir(folder) if one.endswith((".key", ".pem"))]) == 2
        step += 1
    assert step > 10


# --- a copy of it ---


def test_on_its_own_machine_it_just_runs(wire: Wire, place: Place, tmp_path: Path) -> None:
    host = machine_of(tmp_path, 1)
    done = enrolled(wire, place, host)

    assert start.prepared(place.config, read, host, child=pytest.fail).origin == done.origin


def test_on_another_machine_its_key_is_not_used(wire: Wire, place: Place, tmp_path: Path) -> None:
    enrolled(wire, place, machine_of(tmp_path, 1))

    with pytest.raises(ConfigError, match=r"its disk was copied.*Its key is not used"):
        start.prepared(place.config, read, machine_of(tmp_path, 2), child=pytest.fail)


def again(wire: Wire, place: Place, host: Host, name: str) -> Callable[[str], int]:
    """Return what stands in for the child that enrols."""

    def child(_: str) -> int:
        try:
            enrolled(wire, Place(place.folder), host, name=name)
        except ConfigError:
            return 1
        return 0

    return child


def test_on_another_machine_it_enrols_anew_with_a_token(wire: Wire, place: Place, tmp_path: Path) -> None:
    first = enrolled(wire, place, machine_of(tmp_path, 1))
    place.configure({"token_file": "/somewhere"}, ())
    other = machine_of(tmp_path, 2)

    config = start.prepared(place.config, read, other, child=again(wire, place, other, "pc-2"))

    assert config.origin != first.origin
    assert list(machine.read(place.folder)) == [config.origin]


def test_a_machine_that_got_a_new_card_is_no_copy(wire: Wire, place: Place, tmp_path: Path) -> None:
    host = machine_of(tmp_path, 1)
    enrolled(wire, place, host)
    (tmp_path / "machine-1/sys/class/net/eth0/address").write_text("52:54:00:99:99:99\n")

    assert start.prepared(place.config, read, host, child=pytest.fail).gen == 1


def test_an_agent_that_an_operator_added_has_nothing_to_compare(place: Place, tmp_path: Path) -> None:
    place.write("agent.key", b"00" * 32)
    place.configure({"collector": URL, "origin": "a-1", "key_file": "agent.key"})

    assert start.prepared(place.config, read, machine_of(tmp_path, 2), child=pytest.fail).origin == "a-1"


def test_sealing_removes_nothing_of_others(wire: Wire, place: Place, tmp_path: Path) -> None:
    """It may run as root, and the configuration is the agent's user's to write."""
    enrolled(wire, place, machine_of(tmp_path, 1))
    other = tmp_path / "other"
    other.mkdir()
    (other / "papers").write_text("x")
    place.configure({**place.told, "spool": str(other), "status_file": str(other / "papers")})

    seal(Place(place.folder), "/run/token")

    assert (other / "papers").read_text() == "x"


def test_a_sealed_image_enrols_each_copy(wire: Wire, place: Place, tmp_path: Path) -> None:
    first = enrolled(wire, place, machine_of(tmp_path, 1))
    (Path(place.folder) / "status.json").write_text(json.dumps({"pid": 2**22 + 1, "stopped": True}))
    (Path(place.folder) / "spool").mkdir()
    (Path(place.folder) / "spool" / "00000001.e1.1.seg").write_text("x")

    assert {"agent.key", "machine.json", "status.json", "spool"} <= set(seal(Place(place.folder), "/run/token"))

    assert sorted(os.listdir(place.folder)) == ["agent.toml", "ca.pem"]
    assert "origin" not in Path(place.config).read_text("utf-8")
    other, tries = machine_of(tmp_path, 2), [1, 1, 0]
    waits: list[float] = []
    child = again(wire, place, other, "pc-2")
    config = start.prepared(
        place.config, read, other, child=lambda path: tries.pop(0) or child(path), wait=waits.append
    )
    assert config.origin != first.origin
    assert len(waits) == 2


def test_an_agent_that_runs_is_not_sealed(
    wire: Wire, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled(wire, place, machine_of(tmp_path, 1))
    monkeypatch.setattr("driftvakt_agent.seal.running", lambda _: 4711)

    with pytest.raises(ConfigError, match="the agent runs, process 4711"):
        seal(Place(place.folder), "")
    assert os.path.exists(os.path.join(place.folder, "agent.key"))


def test_a_renewal_that_was_cut_short_is_finished_at_the_start(wire: Wire, place: Place, tmp_path: Path) -> None:
    host = machine_of(tmp_path, 1)
    enrolled(wire, place, host)
    wire.lose = 1
    with pytest.raises(ConfigError):
        enrol.renew(place, host)

    def child(_: str) -> int:
        enrol.renew(Place(place.folder), host)
        return 0

    assert start.prepared(place.config, read, host, child=child).gen == 2
    assert start.prepared(place.config, read, host, child=pytest.fail).gen == 2


# --- the command ---


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["enrol", "--token-file", "TOKEN"], "where is the collector"),
        (["enrol", URL, "--token-file", "NONE"], "cannot read the token in"),
        (["enrol", URL, "--token-file", "BAD"], "this is no token"),
        (["enrol", "--renew"], "is of no enrolled agent"),
        (["seal"], "names no collector"),
    ],
)
def test_what_can_not_be_done_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    (tmp_path / "TOKEN").write_text(Token("edu", "t-1", bytes(32)).text(), "ascii")
    (tmp_path / "BAD").write_text("hemligt-ord", "ascii")
    told = [str(tmp_path / one) if one.isupper() else one for one in arguments]

    assert cli.command([*told, "--dir", str(tmp_path / "agent")]) == 1

    err = capsys.readouterr().err
    assert said in err
    assert "hemligt" not in err
