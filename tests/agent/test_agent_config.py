import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from driftvakt_agent.config import Config, ConfigError, build, read, read_lean, split_url

SECRET = "c0ffee" * 10 + "beef"
GOOD = {"collector": "https://c.example:8443", "origin": "a-7f3c0d", "key_file": "agent.key"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "agent.key").write_text(SECRET + "\n")
    return tmp_path


def made(folder: Path, **changed: object) -> Config:
    return build(GOOD | changed, str(folder / "agent.toml"))


def complaint(folder: Path, told: Mapping[str, object]) -> str:
    with pytest.raises(ConfigError) as raised:
        build(told, str(folder / "agent.toml"))
    assert SECRET not in str(raised.value)
    return str(raised.value)


def test_what_is_not_said_has_a_default(folder: Path) -> None:
    config = made(folder)

    assert (config.gen, config.profile, config.interval) == (1, "server", 0)
    assert (config.cpu_budget, config.memory_budget) == (0.01, 64 << 20)
    assert config.key.hex() == SECRET
    assert config.ca_file == ""
    assert config.status_file == str(folder / "status.json")


def test_relative_paths_begin_at_the_folder_of_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "agent.toml").write_text(
        'collector = "https://c.example"\norigin = "a"\nkey_file = "../agent.key"\n'
        'ca_file = "ca.pem"\nstatus_file = "/x/s"\n'
    )
    monkeypatch.chdir(folder)

    config = read("deep/agent.toml")

    assert config.key.hex() == SECRET
    assert config.ca_file == str(folder / "deep" / "ca.pem")
    assert config.status_file == "/x/s"


def test_every_mistake_stands_in_one_message(folder: Path) -> None:
    text = complaint(
        folder,
        {
            "collector": "http://c.example", "origin": "Å 1", "gen": 1.5, "key_file": "none.key", "profile": "laptop",
            "interval": 0, "cpu_percent": "1", "memory_mb": True, "ca_file": 7, "status_file": False, "colector": 1,
            "probes": {"disable": ["cpu", "gpu"], "turbo": {}, "disk": 5},
        },
    )  # fmt: skip

    assert text.splitlines()[0] == f"cannot use {folder}/agent.toml:"
    assert text.count("\n  - ") == len(text.splitlines()) - 1 == 14
    for part in (
        "'colector' is not a setting; known are collector,", "'collector' must be https://", "'origin' must be 1 to 64",
        "'gen' must be a whole number from 0", "'key_file': cannot read", "'profile' must be server or workstation",
        "'interval' must be a number from 1 to 3600, got 0", "'cpu_percent' must be a number", "'memory_mb' must be",
        "'ca_file' must be a text, got 7", "'status_file' must be a text", "'gpu' is no probe",
        "'[probes.turbo]' is no probe's table",
        "'[probes.disk]' is no probe's table",
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [None, ""])
def test_what_must_be_said(folder: Path, name: str, value: str | None) -> None:
    told: dict[str, object] = {key: text for key, text in GOOD.items() if key != name}

    assert f"'{name}'" in complaint(folder, told if value is None else told | {name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gen", -1), ("gen", 2**53), ("gen", "1"), ("interval", 0.5), ("interval", 3601), ("interval", float("nan")),
        ("interval", float("inf")), ("memory_mb", 15), ("memory_mb", 64.5), ("cpu_percent", 0), ("origin", "a\n"),
        ("origin", 'a"'), ("origin", "a" * 65), ("probes", []), ("probes", {"disable": "cpu"}),
        ("probes", {"disable": [1]}), ("key_file", 5), ("key_file", "."),
    ],
)  # fmt: skip
def test_values_out_of_bounds(folder: Path, name: str, value: object) -> None:
    text = complaint(folder, GOOD | {name: value})

    assert name in text
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(SECRET[:-1], "no hexadecimal", id="a digit is missing"),
        pytest.param(SECRET[:-2], "must hold 64 hexadecimal digits", id="two digits are missing"),
        pytest.param(SECRET + "zz", "no hexadecimal", id="other letters"),
        pytest.param(SECRET + "å", "no hexadecimal", id="no ASCII"),
        pytest.param("", "must hold 64", id="nothing"),
    ],
)
def test_a_key_that_is_wrong_is_never_shown(folder: Path, content: str, why: str) -> None:
    (folder / "agent.key").write_text(content, "utf-8")

    text = complaint(folder, dict(GOOD))

    assert why in text
    assert SECRET[:16] not in text


def test_a_key_in_place_of_its_file_is_not_shown(folder: Path) -> None:
    text = complaint(folder, GOOD | {"key_file": SECRET})

    assert "must be the name of a file, not the key itself" in text
    assert SECRET[:16] not in text


def test_a_password_in_the_url_is_not_shown(folder: Path) -> None:
    text = complaint(folder, GOOD | {"collector": "https://admin:hunter2@c.example"})

    assert "scheme, host and port only" in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://c.example", (True, "c.example", 443)),
        ("https://c.example:8443/", (True, "c.example", 8443)),
        ("http://localhost", (False, "localhost", 80)),
        ("http://127.0.0.1:8180", (False, "127.0.0.1", 8180)),
        ("http://[::1]:8180", (False, "::1", 8180)),
        ("https://[2001:db8::1]", (True, "2001:db8::1", 443)),
    ],
)
def test_urls(folder: Path, url: str, expected: tuple[bool, str, int]) -> None:
    assert split_url(url) == expected
    assert made(folder, collector=url).collector == url


@pytest.mark.parametrize(
    "url",
    [
        "c.example", "ftp://c.example", "https://", "https://c.example/path", "https://c.example:0", "https://c:65536",
        "https://c:８０", "https://c:1_0", "https://c:x", "https://::1", "https://c.example?x", "https://c.example#x",
        "https://a b", "http://c.example", "http://127.0.0.2", "http://localhost.example", "http://10.0.0.1",
        "http://[::2]",
    ],
)  # fmt: skip
def test_urls_that_are_refused(folder: Path, url: str) -> None:
    text = complaint(folder, GOOD | {"collector": url})

    assert "'collector'" in text
    assert repr(url) in text
    assert "literal" not in text


def test_what_probes_are_told(folder: Path) -> None:
    config = made(folder, probes={"disable": ["thermal"], "textfile": {"directory": "/x"}})

    assert config.disabled == ("thermal",)
    assert config.probes == {"textfile": {"directory": "/x"}}


@pytest.mark.parametrize("how", [read, read_lean] if sys.platform != "win32" and sys.version_info < (3, 12) else [read])
class TestFiles:
    """The file as a whole, by both ways of reading it. From Python 3.12 on a fork in a process with threads warns."""

    def test_a_file(self, folder: Path, how: Callable[[str], Config]) -> None:
        file = folder / "agent.toml"
        file.write_text('collector = "https://å.example"\norigin = "a"\nkey_file = "agent.key"\n', "utf-8")

        config = how(str(file))

        assert (config.collector, config.key.hex()) == ("https://å.example", SECRET)

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            pytest.param(b"a = \n", "Invalid value", id="no TOML"),
            pytest.param(b"a = 1\na = 2\n", "overwrite", id="the same twice"),
            pytest.param(b"\xff\xfe", "utf-8", id="no text"),
            pytest.param(None, "No such file or directory", id="no file"),
        ],
    )
    def test_a_file_that_cannot_be_read(
        self, tmp_path: Path, how: Callable[[str], Config], content: bytes | None, why: str
    ) -> None:
        file = tmp_path / "agent.toml"
        if content is not None:
            file.write_bytes(content)

        with pytest.raises(ConfigError, match=why) as raised:
            how(str(file))

        assert str(raised.value).startswith(f"cannot read {file}: ")
        assert "\n" not in str(raised.value)
