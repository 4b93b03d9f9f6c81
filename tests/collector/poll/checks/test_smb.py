import asyncio
import struct

import pytest
from servers_of_data import file_server
from serving import ask, ask_of, fit_to_be_shown

from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.checks.smb import CHECK, DIALECT, SIGNING

pytestmark = pytest.mark.real


@pytest.mark.parametrize(("highest", "dialect"), [
    ("SMB2_02", 2.02), ("SMB2_10", 2.1), ("SMB3_00", 3.0), ("SMB3_02", 3.02), ("SMB3_11", 3.11),
])  # fmt: skip
def test_a_file_server_is_up(highest: str, dialect: float) -> None:
    with file_server(server_max_protocol=highest) as port:
        outcome = ask(CHECK, port)
        new_enough = ask(CHECK, port, least_dialect=3.0)

    assert outcome.fault is None, outcome.reason
    assert outcome.values == {(DIALECT, ()): dialect, (SIGNING, ()): 0}
    assert list(outcome.phases) == ["resolve", "connect", "negotiate"]
    assert new_enough.fault is (None if dialect >= 3 else Fault.ANSWER)


@pytest.mark.parametrize("signing", [True, False])
def test_signing_can_be_demanded(*, signing: bool) -> None:
    with file_server(server_signing="mandatory" if signing else "auto") as port:
        outcome = ask(CHECK, port, signing=True)

    assert outcome.values[SIGNING, ()] == signing
    assert (outcome.fault is None) == signing


def test_a_server_of_smb1_only_has_to_be_renewed() -> None:
    with file_server(server_min_protocol="NT1", server_max_protocol="NT1") as port:
        outcome = ask(CHECK, port)

    assert outcome.fault is Fault.ANSWER
    assert "SMB1" in outcome.reason


def answer(status: int = 0, dialect: int = 0x0311, magic: bytes = b"\xfeSMB") -> bytes:
    message = magic + struct.pack("<HHIH", 64, 0, status, 0) + b"\0" * 50 + struct.pack("<HHH", 65, 3, dialect)
    return len(message).to_bytes(4, "big") + message


@pytest.mark.parametrize(("message", "part"), [
    (answer(dialect=0x7777), "0x7777"),
    (answer(0xC00000BB), "no dialect"),
    (answer(0xC0000022), "0xc0000022"),
    (answer(magic=b"\xffSMB"), "SMB1"),
    (answer(magic=b"\x1b[2J"), "an answer of SMB"),
    (b"\0\0\0\4\xfeSMB", "an answer of SMB"),
    (b"\0\xff\xff\xff", "an answer of SMB"),
])  # fmt: skip
def test_answers_that_are_none(message: bytes, part: str) -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(message)
        await reader.read(10000)

    outcome = ask_of(CHECK, answers)

    assert outcome.fault is Fault.ANSWER
    assert part in outcome.reason
    assert fit_to_be_shown(outcome)
