"""Secrets that are kept encrypted."""

import stat
from pathlib import Path

import pytest

from driftvakt_collector.config import ConfigError
from driftvakt_collector.poll import keys
from driftvakt_collector.poll.snmp.driver import Auth, Credential, Privacy, Version
from driftvakt_collector.trust.vault import Vault, VaultError, load

V3 = Credential("v3", Version.V3, "", "drift", Auth.SHA256, "hemligt-å", Privacy.AES128, "annat-hemligt", "vlan-7")


def test_a_key_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    sealed = load(tmp_path).seal(b"hemligt", "x")

    assert load(tmp_path).open(sealed, "x") == b"hemligt"
    assert stat.S_IMODE((tmp_path / "secrets.key").stat().st_mode) == 0o400
    assert b"hemligt" not in sealed
    assert load(tmp_path).seal(b"hemligt", "x") != sealed


@pytest.mark.parametrize("text", ["", "zz", "ab" * 31])
def test_a_key_that_is_none_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "secrets.key").write_text(text)

    with pytest.raises(ConfigError, match=r"secrets\.key"):
        load(tmp_path)


def test_another_key_another_name_and_changed_bytes_open_nothing() -> None:
    vault = Vault(b"k" * 32)
    sealed = vault.seal(b"hemligt", "x")

    for box, text, about in (
        (Vault(b"l" * 32), sealed, "x"), (vault, sealed, "y"), (vault, sealed[:-1] + b"!", "x"), (vault, b"", "x"),
    ):  # fmt: skip
        with pytest.raises(VaultError, match="set the secret anew"):
            box.open(text, about)


def test_a_credential_comes_back_as_it_was_and_shows_no_secret() -> None:
    vault = Vault(b"k" * 32)
    row = keys.sealed(vault, "adm", "A-huset", V3, 1.0)

    assert keys.snmp(vault, row) == V3
    assert "hemligt" not in repr(V3) + repr(row)
    with pytest.raises(VaultError):
        keys.snmp(vault, row._replace(zone="edu"))
