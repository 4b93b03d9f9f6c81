"""The commands that a person types at the collector: what they make, and what they refuse."""

from pathlib import Path

import pytest

from driftvakt_collector.__main__ import main


@pytest.fixture
def data(tmp_path: Path) -> str:
    assert main(["init", "--data", str(tmp_path / "data")]) == 0
    return str(tmp_path / "data")


def test_init_says_that_all_is_there(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["init", "--data", data]) == 0
    assert capsys.readouterr().out == f"nothing to make: {data} has its keys, its store and a login already\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["init", "--data", "FILE/x"], "cannot make the data directory"),
        (["new-login", "--data", "FILE/x"], "driftvakt init --data"),
        (["add-host", "--data", "DATA", "--name", "a", "--out", "FILE/x"], "nothing was enrolled"),
        (["add-host", "--data", "DATA", "--name", "a", "--out", "x", "--collector", "http://10.0.0.1:1"], "https://"),
        (["add-host", "--data", "DATA", "--name", "a", "--out", "x", "--collector", "ftp://x"], "https://"),
        (["add-host", "--data", "DATA", "--name", "a", "--out", "x", "--zone", "c"], "known are adm, edu"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    (tmp_path / "file").touch()
    told = [one.replace("FILE", str(tmp_path / "file")).replace("DATA", data) for one in arguments]
    assert main(told) == 1
    assert said in capsys.readouterr().err


def test_a_key_is_never_written_over(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    enrol = ["add-host", "--data", data, "--name", "a", "--out"]
    assert main([*enrol, str(tmp_path / "a")]) == 0
    key = (tmp_path / "a" / "agent.key").read_bytes()
    assert main([*enrol, str(tmp_path / "a")]) == 1
    assert "holds a host's key already" in capsys.readouterr().err
    assert (tmp_path / "a" / "agent.key").read_bytes() == key


def test_a_name_that_is_enrolled_twice_is_said(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add-host", "--data", data, "--name", "a", "--out", str(tmp_path / "a")]) == 0
    assert capsys.readouterr().err == ""
    assert main(["add-host", "--data", data, "--name", "a", "--out", str(tmp_path / "b")]) == 0
    assert "had a host a already, a-" in capsys.readouterr().err


def test_an_api_key_is_made_listed_and_revoked(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "billing.key"
    capsys.readouterr()
    assert main(["api-key", "list", "--data", data]) == 0
    assert "there is no key" in capsys.readouterr().err
    assert main(["api-key", "create", "billing", "--data", data, "--out", str(out)]) == 0
    assert out.stat().st_mode & 0o777 == 0o600
    text = out.read_text().strip()
    assert len(text) > 40
    assert text not in capsys.readouterr().err
    assert main(["api-key", "list", "--data", data]) == 0
    assert capsys.readouterr().out.startswith("billing ")
    assert main(["api-key", "create", "billing", "--data", data, "--out", "-"]) == 1
    assert "already" in capsys.readouterr().err
    assert main(["api-key", "revoke", "billing", "--data", data]) == 0
    assert main(["api-key", "revoke", "billing", "--data", data]) == 1
    for wrong in (["Å"], ["x", "--days", "0"], ["x", "--zone", "nowhere"]):
        assert main(["api-key", "create", *wrong, "--data", data, "--out", "-"]) == 1
    capsys.readouterr()
    assert main(["api-key", "create", "x", "--data", data, "--out", str(tmp_path / "no" / "key")]) == 1
    assert "cannot write" in capsys.readouterr().err
    assert main(["api-key", "list", "--data", data]) == 0
    assert capsys.readouterr().out == ""
    assert main(["api-key", "create", "school", "--zone", "edu", "--data", data, "--out", "-"]) == 0
    assert main(["api-key", "list", "--data", data]) == 0
    assert " edu " in capsys.readouterr().out.splitlines()[-1]
    assert main(["api-key", "create", "y" * 48, "--zone", "edu", "--may", "lists", "--data", data, "--out", "-"]) == 0
    capsys.readouterr()
    assert main(["api-key", "revoke", "y" * 48, "--data", data]) == 0
    assert main(["api-key", "revoke", "school", "--data", data]) == 0
