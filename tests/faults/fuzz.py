"""Bodies that nobody should send: valid signed lines, changed at every level, by a seed.

The levels: a record's JSON, with its line signed again, so that it comes past the signature; an envelope; the bytes of
a line; the lines of a body; its compression.
"""

import gzip
import json
import string
import zlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from backports import zstd
from collecting import Sender, series_body

from driftvakt_wire.envelope import digest, mac, pads, signed_bytes
from driftvakt_wire.records import Event, Gap, Goodbye, Report, Section, Series
from driftvakt_wire.records import encode as encode_record

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora"
DIGEST, SET = series_body(("node_load1", ()), ("node_filesystem_avail_bytes", (("mountpoint", "/"),)))
INFO = b'[["node_uname_info",["machine","release"],["x86_64","6.1"]]]'
NUMBERS = (
    b"0", b"-0", b"-1", b"1e308", b"1e309", b"-1e999", b"1e-400", b"9007199254740992", b"18446744073709551616", b"NaN",
    b"Infinity", b"-Infinity", b"0x10", b"1_000", b"01", b"1.", b".5", b"1" * 400, b"1" * 5000, b"-" + b"9" * 300,
    b"0." + b"3" * 900, b"1e" + b"9" * 40, b"null", b"true", b'"1"', b"[]", b"{}",
)  # fmt: skip
BYTES = (
    b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf5", b"\xe2\x82", b"\0", b"\x1b[2J", b"\\u0000",
    b"\\ud800", b"\\uDFFF\\ud800", b"\\x41", b"\\", b'"', b"\r", b"\xef\xbb\xbf", b"\xe2\x80\xae",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 2**70, 1e300, "", [], {}, [[]], {"": {}}, "x" * 300, list(string.printable),
    {str(number): "b2:00" for number in range(99)},
)  # fmt: skip
LARGE: tuple[Any, ...] = ("x" * 70_000, [None] * 30_000, {str(number): number for number in range(10_000)})
"""Rare, for they take long to make."""
ENCODINGS = (b"", b"identity", b"gzip", b"zstd", b"deflate", b"br", b"gzip, gzip", b"GZIP\xff", b"\0", b"x" * 200)
Body = tuple[bytes, bytes]
"""A body and its Content-Encoding."""


def naughty() -> list[str]:
    """Return strings that broke somebody's program; a few of our own where the corpora are not at hand."""
    found = [
        "",
        "\0",
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        "å" * 300,
        "\u202e",
        "\U0001f9d1\u200d\U0001f4bb",
        "%s%n",
    ]
    path = CORPORA / "text" / "blns.json"
    if path.exists():
        found += json.loads(path.read_text("utf-8"))
    return found


class Fuzzer:
    """Makes bodies for some senders. The same seed makes the same bodies."""

    def __init__(self, senders: Sequence[Sender], seed: int) -> None:
        self._senders = senders
        self._pads = {sender.origin: pads(sender.key) for sender in senders}
        self._chance = Random(seed)
        self._words = naughty()
        self._number = 0

    def body(self) -> Body:
        """Return the next body."""
        chance = self._chance
        lines = [self.line() for _ in range(chance.choice((1, 1, 1, 2, 3, 8)))]
        ending = chance.choice((b"", b"", b"\n", b"\r\n", b"\n\n"))
        body = chance.choice((b"\n", b"\n", b"\n", b"\r\n", b"", b"\n\n")).join(lines) + ending
        kind = chance.random()
        if kind < 0.75:
            return body, b""
        if kind < 0.85:
            return self._packed(gzip.compress(body, 1, mtime=0)), b"gzip"
        if kind < 0.95:
            return self._packed(zstd.compress(body, 1)), b"zstd"
        return self._packed(chance.choice((body, zlib.compress(body)))), chance.choice(ENCODINGS)

    def line(self) -> bytes:
        """Return a line with one thing wrong with it, or a few, or nothing."""
        sender = self._chance.choice(self._senders)
        kind = self._chance.random()
        record = self._record()
        if kind < 0.05:
            return self._signed(sender, record)
        if kind < 0.55:
            return self._signed(sender, self._altered_json(record))
        if kind < 0.70:
            return self._signed(sender, self._altered_bytes(record))
        if kind < 0.85:
            return self._altered_envelope(self._signed(sender, record))
        return self._altered_bytes(self._signed(sender, record))

    def _signed(self, sender: Sender, record: bytes) -> bytes:
        self._number += 1
        chance = self._chance
        epoch = "e1" if chance.random() < 0.97 else chance.choice(("e2", "", "E", "a" * 65, "å"))
        seq = self._number if chance.random() < 0.98 else chance.choice((0, 1, 2**53 - 1, 2**53, -1, 10**30))
        mark = mac(self._pads[sender.origin], signed_bytes(sender.origin, sender.gen, epoch, seq, record))
        head = f'{{"v":1,"origin":"{sender.origin}","gen":{sender.gen},"epoch":"{epoch}","seq":{seq},"mac":"'
        return head.encode() + b64encode(mark) + b'","record":' + record + b"}"

    def _record(self) -> bytes:
        chance = self._chance
        word = chance.choice(self._words)
        text = json.dumps(word).encode()
        match chance.randrange(8):
            case 0:
                return encode_record(
                    Report(1.7e9, 1.0, DIGEST, (chance.random(), None), sections={"info": digest(INFO)})
                )
            case 1:
                return encode_record(Series(DIGEST, SET))
            case 2:
                body = json.dumps({"rows": [word]}).encode() if chance.random() < 0.5 else INFO
                return encode_record(Section(chance.choice(("info", "packages", word)), digest(body), body))
            case 3:
                return b'{"kind":"event","at":1.0,"name":%s,"text":%s}' % (text, text)
            case 4:
                return encode_record(
                    Gap(1.0, "e1", chance.randrange(99), chance.randrange(99), 3, "thinned: it was full")
                )
            case 5:
                return encode_record(Goodbye(1.0, "stop"))
            case 6:
                return encode_record(Event(1.0, "agent.start", "", "printer"))
            case _:
                return b'{"kind":%s,"of":{"a":[1,2,%s]}}' % (text, text)

    def _altered_json(self, record: bytes) -> bytes:
        """Change the structure: a value, a member, the depth."""
        chance = self._chance
        match chance.randrange(7):
            case 0:
                depth = chance.choice((10, 10, 900, 1100, 20_000 if chance.random() < 0.1 else 30))
                nest = b"[" * depth + b"]" * depth if chance.random() < 0.7 else b'{"a":' * depth + b"1" + b"}" * depth
                return record[:-1] + b',"x":' + nest + b"}"
            case 1:
                return record[:-1] + b"," + record[1:]
            case 2:
                many = chance.choice((3, 10, 30, 3000 if chance.random() < 0.1 else 300))
                return record[:-1] + b"," + b",".join(b'"k%d":%d' % (one, one) for one in range(many)) + b"}"
            case 3:
                # A whole section or set with a digest that is right, and something in it that is not.
                body = self._altered_bytes(chance.choice((SET, INFO)))
                if chance.random() < 0.5:
                    return b'{"kind":"series","digest":"%s","set":%s}' % (digest(body).encode(), body)
                return b'{"kind":"section","name":"info","digest":"%s","body":%s}' % (digest(body).encode(), body)
            case 4:
                count = chance.choice((0, 1, 3, 500))
                values = b",".join(chance.choice(NUMBERS) for _ in range(count))
                return b'{"kind":"report","at":1,"up":1,"series":"%s","values":[%s]}' % (DIGEST.encode(), values)
        return self._altered_member(record)

    def _altered_member(self, record: bytes) -> bytes:
        """Take a member away, give it another value or another name."""
        chance = self._chance
        try:
            told = json.loads(record)
        except ValueError:
            return record
        name = chance.choice(list(told))
        match chance.randrange(4):
            case 0:
                del told[name]
            case 1:
                told[name] = self._value()
            case 2:
                told[chance.choice(self._words)] = told.pop(name)
            case _:
                told[name] = "\0place"
                return json.dumps(told).encode().replace(b'"\\u0000place"', chance.choice(NUMBERS))
        return json.dumps(told, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")

    def _value(self) -> Any:
        if self._chance.random() < 0.01:
            return self._chance.choice(LARGE)
        return self._chance.choice(VALUES if self._chance.random() < 0.9 else self._words)

    def _altered_envelope(self, line: bytes) -> bytes:
        """Change what stands around the record."""
        chance = self._chance
        head, found, rest = line.partition(b',"record":')
        match chance.randrange(6):
            case 0:
                told = json.loads(head + b"}")
                told[chance.choice(list(told))] = self._value()
                head = json.dumps(told).encode("utf-8", "surrogatepass")[:-1]
            case 1:
                head += b',"seq":' + chance.choice(NUMBERS)
            case 2:
                head += b',"record":{}'
            case 3:
                found = chance.choice((b"", b', "record":', b',"Record":', b',"record":' * 3))
            case 4:
                rest = chance.choice((b"", b"}", b"{}", b"null}", b"{}}", rest + b"}", rest[:-1]))
            case _:
                head = self._altered_bytes(head)
        return head + found + rest

    def _altered_bytes(self, text: bytes) -> bytes:
        """Change some bytes, without regard for what they mean."""
        chance = self._chance
        changed = bytearray(text)
        for _ in range(chance.choice((1, 1, 2, 5))):
            place = chance.randrange(len(changed) + 1)
            match chance.randrange(6):
                case 0:
                    changed[place:place] = chance.choice(BYTES)
                case 1:
                    changed[place : place + 1] = bytes((chance.randrange(256),))
                case 2:
                    del changed[place : place + chance.choice((1, 1, 5, 50))]
                case 3:
                    changed[place:place] = chance.choice(NUMBERS)
                case 4:
                    changed[place:place] = changed[place : place + chance.choice((1, 9, 99))]
                case _:
                    flipped = [byte ^ (1 << chance.randrange(8)) for byte in changed[place : place + 1]]
                    changed[place : place + 1] = bytes(flipped)
        return bytes(changed)

    def _packed(self, body: bytes) -> bytes:
        return body if self._chance.random() < 0.4 else self._altered_bytes(body)


def bombs() -> dict[str, Callable[[], Body]]:
    """Return bodies that grow, by name."""
    return {
        "gzip of 7 GB": lambda: (_gzip_of(bytes(1 << 20), 7 << 10), b"gzip"),
        "gzip of 1 GB": lambda: (_gzip_of(bytes(1 << 20), 1 << 10), b"gzip"),
        "zstd of 10 GB": lambda: (_zstd_of(b"\0", 10 << 13), b"zstd"),
        "zstd of 1 TB": lambda: (_zstd_of(b"\n", 2_000_000), b"zstd"),
        "zstd that asks for a window of 2 GB": lambda: (_zstd_of(b"\0", 10, window=21), b"zstd"),
        "gzip of a gzip": lambda: (gzip.compress(_gzip_of(bytes(1 << 20), 10 << 10), 9), b"gzip"),
        "gzip that stays below the ratio": lambda: (
            _gzip_of(Random(1).randbytes(11_000) + bytes(1 << 20), 600),
            b"gzip",
        ),
        "zstd that stays below the ratio": lambda: (
            zstd.compress(Random(1).randbytes(300_000) + bytes(17 << 20)),
            b"zstd",
        ),
        "gzip of newlines": lambda: (_gzip_of(b"\n" * (1 << 20), 64), b"gzip"),
        "gzip of brackets": lambda: (_gzip_of(b"[" * (1 << 20), 12, whole=True), b"gzip"),
        "many gzip members": lambda: (gzip.compress(b"{}\n") * 100_000, b"gzip"),
        "many zstd frames": lambda: (zstd.compress(b"{}\n") * 100_000, b"zstd"),
        "eight megabytes of brackets": lambda: (b"[" * (8 << 20), b""),
        "five thousand empty lines": lambda: (b"\n" * 4999, b""),
    }


def _gzip_of(block: bytes, count: int, *, whole: bool = False) -> bytes:
    """Return a gzip of so many blocks, made from one. whole: with a right end, so that it is no wrong gzip."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    if whole:
        return b"".join(packer.compress(block) for _ in range(count)) + packer.flush()
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush nothing refers back, so that the same piece may come again and again.
    return head + (packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)) * count


def _zstd_of(byte: bytes, count: int, *, window: int = 7) -> bytes:
    """Return a zstd frame of so many blocks of 128 KB that repeat a byte (RFC 8878, 3.1.1.2). window: 2^(10 + it)."""
    block = ((128 << 10) << 3 | 1 << 1).to_bytes(3, "little") + byte
    return b"\x28\xb5\x2f\xfd\x00" + bytes((window << 3,)) + block * count + b"\x01\x00\x00"
