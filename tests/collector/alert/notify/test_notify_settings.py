"""The settings of the ways to people, and the commands that look them over and try them."""

import tomllib
from pathlib import Path

import pytest
from elks_double import ACCOUNT, SECRET, FakeElks
from unruly_smtp import UnrulySmtp

from driftvakt_collector.__main__ import main
from driftvakt_collector.alert.answers import callbacks
from driftvakt_collector.alert.notify.chain import Chain
from driftvakt_collector.alert.notify.elks import ElksSettings
from driftvakt_collector.alert.notify.settings import build, read
from driftvakt_collector.config import ConfigError

FULL = """
[email]
host = "smtp.stad.example"
account = "larm"
secret_file = "{secret}"
sender = "larm@stad.example"
reply = "larm+{{token}}@stad.example"
list_id = "larm.stad.example"

[sms]
order = ["elks", "telia", "modem"]

[sms.elks]
account = "u123"
secret_file = "{secret}"
sender = "+46766861234"

[sms.telia]
kind = "http"
url = "https://sms.example/send"
format = "json"
headers = {{ Authorization = "Bearer {{secret}}" }}
body = {{ messages = [{{ to = "{{to}}", text = "{{text}}" }}] }}
id = "messages.0.id"
secret_file = "{secret}"

[sms.modem]
spool = "{folder}"

[webhook]
secret_file = "{secret}"
private = ["10.20.0.0/16"]

[apprise.teams]
url_file = "{secret}"

[replies]
host = "imap.stad.example"
account = "larm"
secret_file = "{secret}"
authserv_id = "mx.stad.example"
"""


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    (tmp_path / "a.secret").write_text(SECRET, "utf-8")
    return tmp_path / "a.secret"


def full(secret: Path) -> dict[str, object]:
    return tomllib.loads(FULL.format(secret=secret, folder=secret.parent))


def test_all_is_read_and_built_in_the_order_that_is_set(secret: Path) -> None:
    settings = read(full(secret), "collector.toml", public_url="https://larm.stad.example", secret=SECRET)
    ways = build(settings)

    assert settings.channels == tuple(ways) == ("email", "sms", "webhook", "apprise")
    assert [name for name, _ in settings.sms] == ["elks", "telia", "modem"]
    assert isinstance(ways["sms"], Chain)
    elks = settings.sms[0][1]
    assert isinstance(elks, ElksSettings)
    assert elks.receipts == "https://larm.stad.example" + callbacks.path("elks", "receipt", SECRET)
    assert SECRET not in repr(settings)
    assert elks.receipts not in repr(settings)


def test_nothing_is_a_setting_too() -> None:
    assert build(read({}, "collector.toml")) == {}


def test_every_mistake_is_told_at_once(secret: Path) -> None:
    told = full(secret)
    told["email"] = {
        "host": "mx",
        "tls": "maybe",
        "sender": "larm",
        "port": 0,
        "password": "hemligt",
        "time_zone": "Mars",
    }
    told["sms"] = {
        "order": ["elks", "borta"],
        "elks": {"account": "u", "secret_file": str(secret.parent / "none"), "sender": "0701234567"},
        "telia": {"kind": "http", "url": "https://u:p@sms.example", "body": {"x": "{txt}"}},
    }
    told["webhook"] = {"secret_file": str(secret), "private": ["10.0.0.1/8"]}
    told["colour"] = "red"

    with pytest.raises(ConfigError) as refused:
        read(told, "collector.toml")

    said = str(refused.value)
    for piece in (
        "cannot use collector.toml", "'tls' must be one of", "'sender' must be an address",
        "'port' must be a whole number",
        "'password' does not stand here", "'time_zone'", "names 'borta'", "leaves out telia",
        "cannot read 'secret_file'",
        "number like +46766861234", "without a password in it", "'{txt}' is no place", "{text} and {to}",
        "no network such as", "'colour' is not a setting",
    ):  # fmt: skip
        assert piece in said, piece
    assert "hemligt" not in said


@pytest.mark.parametrize("table", [{"email": 1}, {"sms": []}, {"sms": {"elks": "x"}}, {"apprise": {}}, {"replies": {}}])
def test_a_table_that_is_none_is_a_mistake_and_no_crash(table: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="cannot use"):
        read(table, "collector.toml")


def test_mail_in_clear_must_be_meant() -> None:
    table: dict[str, object] = {"host": "smtp.stad.example", "sender": "larm@stad.example", "tls": "none"}

    with pytest.raises(ConfigError, match="clear_is_meant"):
        read({"email": table}, "collector.toml")
    assert read({"email": table | {"clear_is_meant": True}}, "collector.toml").email is not None
    assert read({"email": table | {"host": "127.0.0.1"}}, "collector.toml").email is not None


def test_receipts_need_an_address_of_ours(secret: Path) -> None:
    elks: dict[str, object] = {"account": "u", "secret_file": str(secret), "sender": "+46766861234"}

    with pytest.raises(ConfigError, match="receipts = false"):
        read({"sms": {"elks": elks | {"receipts": True}}}, "collector.toml")
    assert read({"sms": {"elks": elks}}, "collector.toml").sms
    assert read({"sms": {"elks": elks | {"receipts": False}}}, "collector.toml").sms


# --- the commands ---


def written(folder: Path, text: str) -> Path:
    (folder / "collector.toml").write_text(text, "utf-8")
    return folder


def test_check_says_what_is_set(secret: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = FULL.format(secret=secret, folder=secret.parent)
    tables = "[notify]\n" + tables.replace("\n[", "\n[notify.")
    written(secret.parent, "port = 8180\n" + tables)

    assert main(["notify", "check", "--data", str(secret.parent)]) == 0

    said = capsys.readouterr().out
    assert "email: larm@stad.example by smtp.stad.example port 587, TLS require" in said
    assert "sms 1: elks, 46elks as +46766861234" in said
    assert "WHICH IS NOT THERE" in said
    assert "apprise: teams" in said
    assert SECRET not in said


def test_a_test_message_goes_out_and_says_how_it_is_called(secret: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with FakeElks().running() as fake:
        written(secret.parent, (
            f'[notify.sms.elks]\naccount = "{ACCOUNT}"\nsecret_file = "{secret}"\nsender = "+46766861234"\n'
            f'receipts = false\nbase_url = "{fake.base_url}"\n'
        ))  # fmt: skip

        code = main(["notify", "test", "--channel", "sms", "--to", "+46701234567", "--data", str(secret.parent)])
        fake.credit = False
        broke = main(["notify", "test", "--channel", "sms", "--to", "+46701234567", "--data", str(secret.parent)])

    out = capsys.readouterr()
    assert (code, broke) == (0, 1)
    assert f"elks/{fake.sent[0].id}" in out.out
    assert "Not enough credits" in out.err
    assert "broken for every message" in out.err
    assert fake.sent[0].parts == 1


def test_what_is_not_set_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, "")

    codes = [
        main(["notify", "test", "--channel", "email", "--to", "a@b.example", "--data", str(tmp_path)]),
        main(["notify", "test", "--channel", "sms", "--way", "elks", "--to", "+46701234567", "--data", str(tmp_path)]),
        main(["notify", "check"]),
        main(["notify", "check", "--data", str(tmp_path / "none")]),
    ]

    said = capsys.readouterr().err
    assert codes == [1, 1, 1, 1]
    assert "[notify.email]" in said
    assert "no [notify.sms.elks]" in said
    assert "--data DIR" in said


def test_a_refusal_by_mail_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import asyncio

    server = UnrulySmtp({"RCPT": ["550 5.1.1 User unknown"]})

    async def work() -> int:
        async with server.running():
            written(tmp_path, (
                f'[notify.email]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"\n'
                'sender = "larm@stad.example"\n'
            ))  # fmt: skip
            argv = ["notify", "test", "--channel", "email", "--to", "borta@stad.example", "--data", str(tmp_path)]
            return await asyncio.to_thread(main, argv)

    assert asyncio.run(work()) == 1
    assert "User unknown" in (said := capsys.readouterr().err)
    assert "trying again would not help" in said
