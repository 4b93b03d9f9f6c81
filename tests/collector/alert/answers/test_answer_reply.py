"""What a person means by a reply, and how little else is taken for it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftvakt_collector.alert.answers import code as codes
from driftvakt_collector.alert.answers.reply import Action, Reply, own_words, parse

K = Action.ACKNOWLEDGE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("K 4F7P", Reply(K, "4F7P")),
        ("k 4f7p", Reply(K, "4F7P")),
        ("  K   4F7P. ", Reply(K, "4F7P")),
        ("K4F7P", Reply(K, "4F7P")),
        ("4F7P K", Reply(K, "4F7P")),
        ("K 4F7P på väg in", Reply(K, "4F7P", note="på väg in")),
        ("ack inc-1042", Reply(K, incident=1042)),
        ("ACK #1042", Reply(K, incident=1042)),
        ("K INC-1042 4F7P", Reply(K, "4F7P", 1042)),
        ("ok", Reply(K)),
        ("Ok!", Reply(K)),
        ("OK tack", Reply(K)),
        ("Kvittera", Reply(K)),
        ("tar", Reply(K)),
        ("Tar den", Reply(K)),
        ("Jag tar den nu", Reply(K)),
        ("jag tar", Reply(K)),
        ("I’ll take it", Reply(K)),
        ("tar\n\nMvh Åsa", Reply(K, note="Mvh Åsa")),
        ("e", Reply(Action.ESCALATE)),
        ("ESK 4F7P", Reply(Action.ESCALATE, "4F7P")),
        ("vidare", Reply(Action.ESCALATE)),
        ("Nej", Reply(Action.ESCALATE)),
        ("nej tack", Reply(Action.ESCALATE)),
        ("no", Reply(Action.ESCALATE)),
        ("jag kan inte", Reply(Action.ESCALATE)),
        ("eskalera inc-7", Reply(Action.ESCALATE, incident=7)),
        ("tyst 2h", Reply(Action.SILENCE, seconds=7200.0)),
        ("Tyst", Reply(Action.SILENCE, seconds=3600.0)),
        ("tyst 30 min", Reply(Action.SILENCE, seconds=1800.0)),
        ("silence for 1 day", Reply(Action.SILENCE, seconds=86400.0)),
        ("tyst 4F7P 2h", Reply(Action.SILENCE, "4F7P", seconds=7200.0)),
        ("tyst 2h 4F7P", Reply(Action.SILENCE, "4F7P", seconds=7200.0)),
        ("s", Reply(Action.STATUS)),
        ("Status", Reply(Action.STATUS)),
        ("?", Reply(Action.STATUS)),
        ("", Reply(Action.UNCLEAR)),
        (" \n ", Reply(Action.UNCLEAR)),
        ("4F7P", Reply(Action.UNCLEAR, "4F7P")),
        ("tyst 900 dagar", Reply(Action.UNCLEAR)),
        ("tyst 1 min", Reply(Action.UNCLEAR)),
    ],
)
def test_what_is_meant(text: str, expected: Reply) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "ok men jag kan inte", "Ok. Kan du ta den?", "tar inte den", "jag tar den inte", "Tar du den?", "kan du ta den",
        "k?", "okej jag ringer dig", "nej det var bara en test, allt ok", "no problem, I will look",
        "statusen är oklar",
        "tysta ner dig", "Vi tar det imorgon", "Hej", "ack vilken natt", "kvittera inte", "tyst om du kan",
        "tar den imorgon",
        "Inte ok", "Not ok",
    ],
)  # fmt: skip
def test_what_may_be_meant_otherwise_is_a_note(text: str) -> None:
    told = parse(text)

    assert told.action in (Action.NOTE, Action.UNCLEAR)
    assert told.action is Action.UNCLEAR or text in told.note


@settings(max_examples=200)
@given(st.text(max_size=400))
def test_whatever_comes_is_read(text: str) -> None:
    told = parse(text)

    assert len(told.note) <= 2000
    assert told.code == "" or codes.is_code(told.code)


# --- what somebody wrote themselves ---


@pytest.mark.parametrize(
    "text",
    [
        "tar\n\n> Larm: UPS\n> K",
        "tar\n\nDen fre 27 nov. 2026 kl 03:12 skrev Driftvakt <larm@stad.example>:\n> Larm",
        "tar\n\nOn Fri, 27 Nov 2026 at 03:12, Driftvakt <larm@stad.example> wrote:\nLarm",
        "tar\n\nOn Fri, 27 Nov 2026 at 03:12, Driftvakt via a long list\n<larm@stad.example> wrote:\n\nLarm",
        "tar\r\n\r\nFrån: Driftvakt <larm@stad.example>\r\nSkickat: den 27 november\r\nÄmne: Larm",
        "tar\n________________________________\nFrån: Driftvakt",
        "tar\n-----Ursprungligt meddelande-----\nFrån: Driftvakt",
        "tar\n-----Original Message-----\nK",
        "tar\n\nSkickat från min iPhone",
        "tar\n\nSent from my iPhone",
        "tar\n\nHämta Outlook för iOS",
        "tar\n-- \nÅsa Ek\nIT-avdelningen",
    ],
)
def test_quotes_and_signatures_are_left_out(text: str) -> None:
    assert own_words(text) == "tar"


def test_a_reply_below_its_quote_is_not_guessed_at() -> None:
    assert parse(own_words("> Larm: UPS\n\nok")).action is Action.UNCLEAR


# --- codes ---


def test_a_code_is_of_one_incident_and_one_person() -> None:
    made = codes.code(b"secret", 1042, "astrid")

    assert codes.is_code(made)
    assert made == codes.code(b"secret", 1042, "astrid")
    assert codes.find(b"secret", made.lower(), "astrid", range(1000, 1050)) == 1042
    assert codes.find(b"secret", made, "bo", range(1040, 1045)) is None
    assert codes.find(b"other", made, "astrid", range(1040, 1045)) is None


def test_no_code_can_be_read_as_a_word_or_misread() -> None:
    made = {codes.code(b"secret", number, "astrid") for number in range(3000)}

    assert len(made) > 2900
    for one in made:
        assert parse(f"K {one}") == Reply(K, one)
        assert not set(one) & set("01258ILOS")
        assert any(char.isdigit() for char in one)
    assert not any(codes.is_code(word) for word in ("TACK", "MIN1", "2026", "NEJ", "4F7", "4F7PP", "ÅÄÖ4"))
