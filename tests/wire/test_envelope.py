import hashlib
import hmac
from base64 import b64decode, b64encode
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driftvakt_collector.journal import line as journal
from driftvakt_wire.envelope import (
    MAX_ID,
    MAX_SEQ,
    EnvelopeError,
    derive_key,
    digest,
    is_id,
    mac,
    pads,
    sign,
    signature,
    signed_bytes,
    split,
    verify,
)

KEY = bytes(range(32))
RECORD = '{"kind":"goodbye","at":1764000000.0,"reason":"på väg"}'.encode()
LINE = sign(KEY, "a-7f3c0d", 1, "9b1e", 7, RECORD)

ids = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=MAX_ID)
wholes = st.integers(0, MAX_SEQ)


@dataclass
class Header:
    origin: str
    gen: int
    epoch: str
    seq: int


headers = st.builds(Header, ids, wholes, ids, wholes)


@given(headers, st.binary(max_size=300), st.binary(min_size=1, max_size=64))
@example(Header("a", 0, "b", 0), b'{"a":1,"record":{"record":2}}', b"k")
@example(Header("a", 0, "b", 0), b"", b"k")
def test_any_record_comes_back_as_it_was(header: Header, record: bytes, key: bytes) -> None:
    found = split(sign(key, header.origin, header.gen, header.epoch, header.seq, record))

    assert (found.origin, found.gen, found.epoch, found.seq) == (header.origin, header.gen, header.epoch, header.seq)
    assert found.record == record
    assert verify(key, found)
    assert not verify(key + b"x", found)


@given(st.integers(0, len(LINE) - 1), st.integers(1, 255))
def test_any_altered_byte_is_found(place: int, flip: int) -> None:
    altered = bytearray(LINE)
    altered[place] ^= flip

    assert not passes(bytes(altered))


def test_each_altered_bit_is_found() -> None:
    for place in range(len(LINE)):
        for bit in range(8):
            altered = bytearray(LINE)
            altered[place] ^= 1 << bit

            assert not passes(bytes(altered)), bytes(altered)


@given(headers, headers, st.binary(max_size=40))
def test_a_mac_is_good_for_one_header_only(first: Header, second: Header, record: bytes) -> None:
    mac = split(sign(KEY, first.origin, first.gen, first.epoch, first.seq, record)).mac
    moved = split(sign(b"", second.origin, second.gen, second.epoch, second.seq, record))
    moved.mac = mac

    assert verify(KEY, moved) == (first == second)


def passes(line: bytes) -> bool:
    try:
        return verify(KEY, split(line))
    except EnvelopeError:
        return False


HEAD = b'{"v":1,"origin":"a","gen":1,"epoch":"e","seq":1,"mac":"AAAA"'


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param(b"", "no member 'record'", id="nothing"),
        pytest.param(b"\xff\xfe", "no member 'record'", id="no text"),
        pytest.param(HEAD + b',"record":{"a":1', "no member 'record'", id="cut off"),
        pytest.param(HEAD + b',"record":{}}\n', "no member 'record'", id="with its newline"),
        pytest.param(b'[1,"record":{}}', "not JSON", id="a list"),
        pytest.param(b'{"v":1,"x":"\xff","record":{}}', "not JSON", id="bytes that are no text"),
        pytest.param(b'{"v":' + b"9" * 5000 + b',"record":{}}', "not JSON", id="a number of 5000 digits"),
        pytest.param(b'{"v":' + b"[" * 100000 + b',"record":{}}', "not JSON", id="a depth bomb"),
        pytest.param(HEAD.replace(b"1", b"2", 1) + b',"record":{}}', "'v' must be 1", id="a later version"),
        pytest.param(HEAD.replace(b"1", b"true", 1) + b',"record":{}}', "'v' must be 1", id="true is not 1"),
        pytest.param(HEAD.replace(b'"a"', b'"A"') + b',"record":{}}', "'origin' must be", id="capitals"),
        pytest.param(
            HEAD.replace(b'"a"', b'"a\\n"') + b',"record":{}}', "'origin' must be", id="a newline in the origin"
        ),
        pytest.param(HEAD.replace(b'"a"', b"7") + b',"record":{}}', "'origin' must be", id="a number as origin"),
        pytest.param(HEAD.replace(b'"e"', b'""') + b',"record":{}}', "'epoch' must be", id="an empty epoch"),
        pytest.param(HEAD.replace(b'"gen":1', b'"gen":-1') + b',"record":{}}', "'gen' must be", id="a negative gen"),
        pytest.param(HEAD.replace(b'"seq":1', b'"seq":1.0') + b',"record":{}}', "'seq' must be", id="seq is no float"),
        pytest.param(
            HEAD.replace(b'"seq":1', b'"seq":9007199254740992') + b',"record":{}}', "'seq' must be", id="seq of 54 bits"
        ),
        pytest.param(HEAD.replace(b'"AAAA"', b'"AA"') + b',"record":{}}', "'mac' is not", id="half a mac"),
        pytest.param(HEAD.replace(b'"AAAA"', b'"AA==\\n"') + b',"record":{}}', "'mac' is not", id="a mac and more"),
        pytest.param(
            HEAD.replace(b'"AAAA"', b'"AB=="') + b',"record":{}}', "'mac' is not", id="a mac in other letters"
        ),
        pytest.param(HEAD.replace(b'"AAAA"', b'"\xc3\xa5"') + b',"record":{}}', "'mac' is not", id="a mac with å"),
        pytest.param(HEAD.replace(b'"AAAA"', b"null") + b',"record":{}}', "'mac' is not", id="no mac"),
    ],
)
def test_what_is_no_envelope(line: bytes, why: str) -> None:
    with pytest.raises(EnvelopeError, match=why):
        split(line)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: HEAD + text.encode() + b',"record":{}}'))
def test_any_bytes_are_read_or_refused(line: bytes) -> None:
    try:
        origin = split(line).origin
    except EnvelopeError:
        return
    assert is_id(origin)


@given(headers, st.sampled_from([b"{}", RECORD, b'{"record":{}}', b'"\\u0000"']))
def test_the_collector_reads_the_same_envelope(header: Header, record: bytes) -> None:
    line = sign(KEY, header.origin, header.gen, header.epoch, header.seq, record)

    ours, theirs = split(line), journal.decode_envelope(line)

    assert (theirs.origin, theirs.gen, theirs.epoch, theirs.seq) == (ours.origin, ours.gen, ours.epoch, ours.seq)
    assert (theirs.mac, theirs.record) == (b64encode(ours.mac).decode(), ours.record)


def hkdf(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA-256 as RFC 5869 writes it, steps 2.2 and 2.3."""
    pseudo_random_key = hmac.new(salt or bytes(32), material, hashlib.sha256).digest()
    block, output = b"", b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.new(pseudo_random_key, block + info + bytes([number]), hashlib.sha256).digest()
        output += block
    return output[:length]


def test_hkdf_here_is_that_of_the_rfc() -> None:
    """RFC 5869, appendix A.1."""
    expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"

    assert hkdf(b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42).hex() == expected


@given(st.binary(min_size=16, max_size=64), ids, wholes)
def test_a_key_is_derived_by_hkdf(master: bytes, origin: str, gen: int) -> None:
    assert derive_key(master, origin, gen) == hkdf(master, b"driftvakt-origin-key", f"{origin}\n{gen}".encode(), 32)


def test_a_key_is_what_it_always_was() -> None:
    expected = "1b7a400898349d3d51b7ee9fbfc3f57d97b6882a952c815356eaefba41af46b3"

    assert derive_key(KEY, "a-7f3c0d", 1).hex() == expected


@given(ids, wholes, ids, wholes)
def test_each_origin_and_generation_has_a_key_of_its_own(first: str, gen: int, second: str, other: int) -> None:
    assert (derive_key(KEY, first, gen) == derive_key(KEY, second, other)) == ((first, gen) == (second, other))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", True), ("a-7f3c", True), ("a" * 64, True), ("a" * 65, False), ("", False), ("Å", False), ("a\n", False)],
)
def test_what_can_be_an_id(text: str, *, expected: bool) -> None:
    assert is_id(text) == expected


def test_a_digest_is_what_it_always_was() -> None:
    # BLAKE2b with 16 bytes, as `b2sum -l 128` says of the same three letters.
    assert digest(b"abc") == "b2:cf4ab791c62b8d2b2109c90275287816"


@given(st.binary(min_size=0, max_size=64), st.binary(max_size=300))
def test_the_mac_of_two_hashes_is_the_librarys(key: bytes, message: bytes) -> None:
    assert mac(pads(key), message) == hmac.digest(key, message, "sha256")


def test_a_signature_is_the_mac_over_the_signed_bytes_in_base64() -> None:
    padded = pads(b"k" * 32)
    told = ("a-1", 3, "e-9", 18233, '{"kind":"event","text":"å"}'.encode())

    assert b64decode(signature(padded, *told)) == mac(padded, signed_bytes(*told))
