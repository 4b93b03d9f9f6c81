"""Which dialect of SMB a file server chooses, and whether it wants everything signed (MS-SMB2 2.2.3 and 2.2.4).

Only the first question and the first answer: no account is needed, and no share is touched.
"""

import struct
from asyncio import IncompleteReadError
from dataclasses import dataclass
from secrets import token_bytes

from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, wrong
from driftvakt_collector.poll.checks.stream import Stream, connected

DIALECT = "driftvakt_probe_smb_dialect"
SIGNING = "driftvakt_probe_smb_signing_required"
DIALECTS = {0x0202: 2.02, 0x0210: 2.1, 0x0300: 3.0, 0x0302: 3.02, 0x0311: 3.11}
"""By number, each as a decimal that grows: 3.11 stands for 3.1.1."""
_MOST = 1 << 16
_HEAD, _BODY = 64, 36
"""Bytes of the header of SMB2, and of the parts of a request to negotiate that are always there."""
_SMB2, _SMB1 = b"\xfeSMB", b"\xffSMB"
_SIGNED, _MUST_SIGN = 1, 2
_NOT_SUPPORTED = 0xC00000BB
_PREAUTH, _ENCRYPTION = 1, 2


@dataclass(frozen=True, slots=True)
class Answer:
    """dialect: as in DIALECTS. signing: whether everything has to be signed."""

    dialect: float
    signing: bool


async def probe(target: Target, course: Course) -> None:
    """Negotiate; where that leads to nothing, find out if that is because the server is too old."""
    try:
        async with connected(target, course, _MOST) as stream:
            with course.phase("negotiate"):
                stream.send(_framed(question()))
                answer = answer_of(await _message(stream))
    except (IncompleteReadError, ConnectionResetError):
        if await _speaks_smb1(target, course):
            raise CheckError(
                Fault.ANSWER, "it speaks SMB1 only, which has no protection to speak of: it has to be renewed"
            ) from None
        raise
    course.tell(DIALECT, answer.dialect)
    course.tell(SIGNING, float(answer.signing))
    least = target.number("least_dialect")
    if answer.dialect < least:
        raise CheckError(Fault.ANSWER, f"it chooses SMB {answer.dialect:g}, and {least:g} is the least that is wanted")
    if target.flag("signing") and not answer.signing:
        raise CheckError(Fault.ANSWER, "it does not want everything to be signed")


def question() -> bytes:
    """Return a request to negotiate one of DIALECTS."""
    contexts = _context(_PREAUTH, struct.pack("<HHH", 1, 32, 1) + token_bytes(32))  # SHA-512 is the only hash
    contexts += _context(_ENCRYPTION, struct.pack("<HHH", 2, 2, 1))  # AES-128-GCM, AES-128-CCM
    dialects = struct.pack(f"<{len(DIALECTS)}H", *DIALECTS)
    begin = _HEAD + _BODY + len(dialects)
    padding = b"\0" * (-begin % 8)
    head = _SMB2 + struct.pack("<HHIHHIIQIIQ", _HEAD, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"\0" * 16
    body = struct.pack(
        "<HHHHI16sIHH", _BODY, len(DIALECTS), _SIGNED, 0, 0, token_bytes(16), begin + len(padding), 2, 0
    )  # fmt: skip
    return head + body + dialects + padding + contexts


def answer_of(message: bytes) -> Answer:
    """Return what a server chooses. Raises CheckError where that is no answer to negotiate."""
    if message.startswith(_SMB1):
        raise CheckError(Fault.ANSWER, "it answers in SMB1, which has no protection to speak of: it has to be renewed")
    if not message.startswith(_SMB2) or len(message) < _HEAD + 6:
        wrong(message, "an answer of SMB")
    status, command = struct.unpack_from("<IH", message, 8)
    if status == _NOT_SUPPORTED:
        raise CheckError(Fault.ANSWER, "it knows no dialect from 2.0.2 to 3.1.1")
    if status != 0 or command != 0:
        raise CheckError(Fault.ANSWER, f"it does not negotiate: status 0x{status:08x}")
    _, mode, chosen = struct.unpack_from("<HHH", message, _HEAD)
    if chosen not in DIALECTS:
        raise CheckError(Fault.ANSWER, f"it chooses dialect 0x{chosen:04x}, which nobody has offered")
    return Answer(DIALECTS[chosen], bool(mode & _MUST_SIGN))


async def _speaks_smb1(target: Target, course: Course) -> bool:
    """Say if a server answers the question of SMB1, dialect NT LM 0.12 (MS-CIFS 2.2.4.52)."""
    head = _SMB1 + struct.pack("<BIBH12sHHHH", 0x72, 0, 0x18, 0xC801, b"", 0, 1, 0, 0)
    dialect = b"\x02NT LM 0.12\0"
    try:
        async with connected(target, course, _MOST) as stream:
            stream.send(_framed(head + b"\0" + struct.pack("<H", len(dialect)) + dialect))
            return (await _message(stream)).startswith(_SMB1)
    except (CheckError, OSError, EOFError):
        return False


async def _message(stream: Stream) -> bytes:
    head = await stream.exactly(4)
    size = int.from_bytes(head[1:], "big")
    # A session message of NetBIOS (MS-SMB2 2.1); nothing that is no server of files begins with a zero.
    if head[0] != 0 or not 0 < size <= _MOST:
        wrong(head + stream.held(), "an answer of SMB")
    return await stream.exactly(size)


def _context(kind: int, content: bytes) -> bytes:
    made = struct.pack("<HHI", kind, len(content), 0) + content
    return made + b"\0" * (-len(made) % 8)


def _framed(message: bytes) -> bytes:
    return len(message).to_bytes(4, "big") + message


CHECK = Check(
    name="smb",
    help="A file server speaks SMB 2 or 3, in a dialect that is new enough.",
    probe=probe,
    port=445,
    options=(
        Option("least_dialect", float, "the oldest dialect that it may choose: 2.02, 2.1, 3.0, 3.02 or 3.11 for 3.1.1"),
        Option("signing", bool, "whether it has to want everything signed"),
    ),
)
