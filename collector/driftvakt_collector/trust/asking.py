"""A request to enrol or to renew, decoded and bounded. Of what it says of itself nothing is believed yet."""

import hmac
import re
from binascii import b2a_base64
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from driftvakt_collector.journal.line import Envelope, Id, LineError, Whole, decode_envelope
from driftvakt_wire.enrolment import MAX_NAME
from driftvakt_wire.envelope import is_id, mac, pads, signed_bytes

MAX_BODY = 16 << 10
_NONCE = re.compile(r"[0-9a-f]{32}")
_Fact = Annotated[str, Meta(max_length=64, pattern=r"^[0-9a-f]*\Z")]


class Facts(Struct):
    """What the machine is known again by, hashed where it was read. See driftvakt_wire.enrolment.same_facts."""

    machine: _Fact = ""
    uuid: _Fact = ""
    board: _Fact = ""
    macs: Annotated[list[_Fact], Meta(max_length=32)] = []

    def plain(self) -> dict[str, object]:
        """Return what is known, as JSON has it."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value}

    def all(self) -> list[str]:
        """Return each hash."""
        return [one for one in (self.machine, self.uuid, self.board, *self.macs) if one]


class Was(Struct):
    """The key that the host had before."""

    origin: Id
    gen: Whole
    mac: str


class Enrol(Struct, tag_field="kind", tag="enrol"):
    """With a token, for a first or a new identity. csr: a relay's signing request."""

    name: str = ""
    facts: Facts = msgspec.field(default_factory=Facts)
    was: Was | None = None
    csr: Annotated[str, Meta(max_length=8192)] = ""


class Renew(Struct, tag_field="kind", tag="renew"):
    """With the host's own key, for its next one."""

    facts: Facts = msgspec.field(default_factory=Facts)
    csr: Annotated[str, Meta(max_length=8192)] = ""


class Request:
    """raw is what came; envelope and record are what it holds."""

    def __init__(self, raw: bytes, envelope: Envelope, record: Enrol | Renew) -> None:
        self.raw = raw
        self.envelope = envelope
        self.record = record

    @property
    def name(self) -> str:
        """Return what the host calls itself, as far as it can be shown."""
        told = self.record.name if isinstance(self.record, Enrol) else ""
        return "".join(char for char in told if char.isprintable()).strip()[:MAX_NAME]

    def signed_with(self, key: bytes) -> bool:
        """Say if this key signed it, in constant time."""
        envelope = self.envelope
        signed = signed_bytes(envelope.origin, envelope.gen, envelope.epoch, envelope.seq, envelope.record)
        return same(mac(pads(key), signed), envelope.mac)


_decoder: "msgspec.json.Decoder[Enrol | Renew]" = msgspec.json.Decoder(Enrol | Renew)


def read(body: bytes) -> Request:
    """Decode a request. Raises LineError."""
    envelope = decode_envelope(body.removesuffix(b"\n"))
    if not (is_id(envelope.origin) and _NONCE.fullmatch(envelope.epoch) and envelope.seq == 1):
        raise LineError(400, "the envelope is not that of a request")
    try:
        return Request(body, envelope, _decoder.decode(envelope.record))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise LineError(400, f"record: {e}") from e


def same(made: bytes, given: str) -> bool:
    """Say if a MAC of ours is the one that was sent as base64, in constant time."""
    # As text: two bits of the last character count for nothing, and would let four texts be the same MAC.
    return hmac.compare_digest(b2a_base64(made, newline=False), given.encode("utf-8", "replace"))
