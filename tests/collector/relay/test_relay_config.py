"""The relay's configuration: what it needs, and every mistake in one message."""

from pathlib import Path

import pytest

from driftvakt_collector.config import ConfigError
from driftvakt_collector.relay.config import KNOWN, build, load

GOOD: dict[str, object] = {
    "origin": "r-1", "gen": 3, "zone": "edu", "key_file": "relay.key", "data": "spool", "listen": "0.0.0.0",
    "tls_cert": "relay.crt", "tls_key": "relay-tls.key", "upstreams": ["https://collector.example:8444"],
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "relay.key").write_text("ab" * 32, "ascii")
    return tmp_path / "relay.toml"


def test_paths_are_taken_from_the_folder_of_the_file(path: Path) -> None:
    found = build(GOOD, path)

    assert (found.data, found.tls_cert) == (path.parent / "spool", path.parent / "relay.crt")
    assert found.key == bytes.fromhex("ab" * 32)
    assert found.privacy == "edu"


def test_every_mistake_is_said_at_once(path: Path) -> None:
    wrong = GOOD | {"port": 70000, "upstreams": ["http://far.example", "ftp://x"], "zone": "No", "spool": 1, "gen": "1"}

    with pytest.raises(ConfigError) as raised:
        build(wrong, path)

    text = str(raised.value)
    assert [
        name for name in ("'port'", "http://far.example", "ftp://x", "'zone'", "'spool'", "'gen'") if name not in text
    ] == []


def test_what_is_missing_is_said_with_what_it_is(path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        build({}, path)

    assert [
        name
        for name in ("data", "upstreams", "origin", "key_file", "zone")
        if f"'{name}' is missing" not in str(raised.value)
    ] == []


def test_the_key_is_never_shown(path: Path) -> None:
    secret = "12" * 32
    with pytest.raises(ConfigError) as raised:
        build(GOOD | {"key_file": secret}, path)

    assert secret not in str(raised.value)


def test_plain_http_is_for_this_machine_only(path: Path) -> None:
    bare = {key: value for key, value in GOOD.items() if not key.startswith("tls_")}

    with pytest.raises(ConfigError, match="which others can reach"):
        build(bare, path)
    assert build(bare | {"listen": "127.0.0.1"}, path).tls_cert is None


def test_each_setting_is_documented(path: Path) -> None:
    told = (Path(__file__).parents[3] / "docs" / "relay.md").read_text("utf-8")

    assert [name for name in KNOWN if f"`{name}`" not in told] == []


def test_a_file_that_is_no_toml_says_so(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_text("data = ", "utf-8")

    with pytest.raises(ConfigError, match="cannot read"):
        load(tmp_path / "relay.toml")
