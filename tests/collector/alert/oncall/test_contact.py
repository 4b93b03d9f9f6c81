"""Ways to people are checked once, where they are told, and are kept in one form."""

import pytest

from driftvakt_collector.alert.oncall import contact
from driftvakt_collector.alert.oncall.contact import Contact, ContactError


@pytest.mark.parametrize(("told", "kept"), [
    ("070-123 45 67", "+46701234567"),
    ("0701234567", "+46701234567"),
    ("+46 70 123 45 67", "+46701234567"),
    ("+46 (0)70 123 45 67", "+46701234567"),
    ("0046701234567", "+46701234567"),
    ("070\u2013123\u00a045 67", "+46701234567"),
    ("08-508 00 000", "+46850800000"),
    ("+47 400 00 000", "+4740000000"),
])  # fmt: skip
def test_a_phone_number_is_kept_as_e164(told: str, kept: str) -> None:
    assert contact.read("sms", told) == kept


@pytest.mark.parametrize("told", [
    "", "112", "70 123 45 67", "+0701234567", "+46٧٠١٢٣٤٥٦٧", "070-12E 45 67", "+4670123456789012",
])  # fmt: skip
def test_what_is_no_phone_number_is_refused(told: str) -> None:
    with pytest.raises(ContactError):
        contact.read("sms", told)


@pytest.mark.parametrize(("told", "kept"), [
    ("Anna.Berg@Stockholm.SE", "Anna.Berg@stockholm.se"),
    ("jour+nat@example.se", "jour+nat@example.se"),
    ("anna@räksmörgås.se", "anna@xn--rksmrgs-5wao1o.se"),
])  # fmt: skip
def test_a_mail_address_is_kept_with_a_domain_in_small_letters(told: str, kept: str) -> None:
    assert contact.read("email", told) == kept


@pytest.mark.parametrize("told", [
    "anna", "anna@", "@example.se", "anna@localhost", "anna@-a.se", "a..b@example.se", "anna@example.se\nBcc: x@y.se",
    "anna <anna@example.se>", "anna@example.se, bo@example.se", '"a b"@example.se', "anna@exa mple.se",
    "x" * 65 + "@a.se",
    "anna@[127.0.0.1]", "anna@a..se",
])  # fmt: skip
def test_what_is_no_mail_address_is_refused(told: str) -> None:
    with pytest.raises(ContactError):
        contact.read("email", told)


@pytest.mark.parametrize(("channel", "told"), [
    ("webhook", "ftp://example.se/x"), ("webhook", "https://u:p@example.se/x"), ("webhook", "https:///x"),
    ("webhook", "https://example.se/a b"), ("webhook", "https://[::1/x"), ("apprise", "ntfy"), ("pigeon", "x"),
])  # fmt: skip
def test_what_is_no_address_of_its_channel_is_refused(channel: str, told: str) -> None:
    with pytest.raises(ContactError):
        contact.read(channel, told)


def test_a_secret_in_an_address_is_never_shown() -> None:
    hook = Contact("webhook", contact.read("webhook", "https://chat.example.se/hooks/hemlig"))
    push = Contact("apprise", contact.read("apprise", "discord://1234/hemlig"))

    assert "hemlig" not in repr([hook, push])
    assert contact.shown("webhook", hook.address) == "https://chat.example.se/…"
    assert contact.shown("apprise", push.address) == "discord://…"
    assert contact.shown("sms", "+46701234567") == "+46701234567"
