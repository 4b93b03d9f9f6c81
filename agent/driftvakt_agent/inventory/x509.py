"""Certificates: whose, by whom, for which names and until when. Reads DER and PEM, and checks no signature.

    Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature }
    TBSCertificate ::= SEQUENCE { [0] version, serialNumber, signature, issuer, validity, subject,
                                  subjectPublicKeyInfo, …, [3] extensions }

Source: RFC 5280, section 4.1; X.690 for DER; RFC 7468 for PEM; RFC 4514 for how a name is written.
"""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterator
from hashlib import sha256

from driftvakt_agent.inventory import Row

MAX_DER = 1 << 17
_MAX_PARTS = 500
_PEM = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]{1,200000}?)-----END")
_SEQUENCE, _INTEGER, _BOOLEAN, _OCTETS, _OID, _UTC, _GENERAL = 0x30, 0x02, 0x01, 0x04, 0x06, 0x17, 0x18
_UTF16 = 0x1E
_NAMES = {"55040a": "O", "55040b": "OU", "550403": "CN", "550406": "C", "550407": "L", "550408": "ST",
          "550409": "STREET", "550405": "serialNumber", "55042a": "GN", "550404": "SN", "0992268993f22c640119": "DC",
          "0992268993f22c640101": "UID", "2a864886f70d010901": "emailAddress",
          "550461": "organizationIdentifier"}  # fmt: skip
_ALTERNATIVE, _CONSTRAINTS = "551d11", "551d13"
_KEYS = {"2a864886f70d010101": "rsa", "2a8648ce3d0201": "ec", "2b6570": "ed25519", "2b6571": "ed448",
         "2a8648ce380401": "dsa", "2a864886f70d01010a": "rsa"}  # fmt: skip
_CURVES = {"2a8648ce3d030107": "ec256", "2b81040022": "ec384", "2b81040023": "ec521", "2b8104000a": "ec256k1"}

Part = tuple[int, bytes]
"""Tag, and what it holds."""


class CertificateError(ValueError):
    """These bytes are no certificate; the text says why."""


def pem(data: bytes) -> Iterator[bytes]:
    """Give the certificates of a file in DER, in their order; a file that is DER itself gives itself."""
    if data[:1] == bytes((_SEQUENCE,)) and len(data) <= MAX_DER:
        yield data
        return
    for found in _PEM.finditer(data):
        try:
            yield a2b_base64(found.group(1))
        except Base64Error:
            continue


def describe(der: bytes) -> Row:
    """Return columns of the section `certificates`, all but its place. Raises CertificateError."""
    if len(der) > MAX_DER:
        raise CertificateError("it is larger than any certificate")
    try:
        return _described(der)
    except (ValueError, IndexError, OverflowError) as e:
        raise CertificateError(f"it can't be read: {e}") from e


def _described(der: bytes) -> Row:
    (tag, body), *_ = _parts(der)
    fields = list(_parts(_parts_of(body, _SEQUENCE)))
    if tag != _SEQUENCE:
        raise ValueError("it begins with another tag")
    if fields and fields[0][0] == 0xA0:
        del fields[0]
    (serial_tag, serial), _, (_, issuer), (_, validity), (_, subject), (_, key), *rest = fields
    if serial_tag != _INTEGER:
        raise ValueError("it has no serial number")
    begins, ends = (_day(one) for one in list(_parts(validity))[:2])
    extensions = dict(_extensions(rest))
    return {
        "fingerprint": sha256(der).hexdigest(),
        "subject": _name(subject),
        "names": ",".join(_alternatives(extensions.get(_ALTERNATIVE, b""))),
        "issuer": _name(issuer),
        "serial": serial.hex().lstrip("0") or "0",
        "not_before": begins,
        "not_after": ends,
        "key_type": _key(key),
        "authority": _authority(extensions.get(_CONSTRAINTS, b"")),
    }


def _parts(data: bytes) -> Iterator[Part]:
    """Give the parts that stand side by side. Raises ValueError for one that is cut off."""
    place = count = 0
    while place < len(data):
        count += 1
        if count > _MAX_PARTS:
            raise ValueError("it has too many parts")
        tag, length = data[place], data[place + 1]
        place += 2
        if tag & 0x1F == 0x1F:
            raise ValueError("it has a tag of several bytes")
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4:
                raise ValueError("it has a part without a length")
            length = int.from_bytes(data[place : place + size], "big")
            place += size
        if place + length > len(data):
            raise ValueError("it is cut off")
        yield tag, data[place : place + length]
        place += length


def _parts_of(data: bytes, tag: int) -> bytes:
    """Return what the first part holds. Raises ValueError for one of another tag."""
    for found, body in _parts(data):
        if found == tag:
            return body
        break
    raise ValueError("a part is of another kind")


def _name(data: bytes) -> str:
    """Return a distinguished name as RFC 4514 has it: the last part first."""
    parts = []
    for _, set_ in _parts(data):
        told = []
        for _, pair in _parts(set_):
            (_, oid), (kind, value), *_ = _parts(pair)
            told.append(f"{_NAMES.get(oid.hex()) or _dotted(oid)}={_escaped(_text(kind, value))}")
        parts.append("+".join(told))
    return ",".join(reversed(parts))


def _text(kind: int, value: bytes) -> str:
    return value.decode("utf-16-be" if kind == _UTF16 else "utf-8", "replace")


def _escaped(text: str) -> str:
    told = re.sub(r'([,+"\\<>;])', r"\\\1", text)
    return f"\\{told}" if told[:1] in (" ", "#") else told


def _dotted(oid: bytes) -> str:
    numbers = [str(min(oid[0] // 40, 2)), str(oid[0] - 40 * min(oid[0] // 40, 2))] if oid else []
    value = 0
    for byte in oid[1:]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(str(value))
            value = 0
    return ".".join(numbers)


def _day(part: Part) -> str:
    """Return the day of a moment: of UTCTime a year below 50 is of this century (RFC 5280, 4.1.2.5.1)."""
    kind, raw = part
    text = raw.decode("ascii", "replace")
    if kind == _UTC:
        text = ("20" if int(text[:2]) < 50 else "19") + text
    elif kind != _GENERAL:
        raise ValueError("it has a moment of another kind")
    if not text[:8].isdecimal() or len(text) < 8:
        raise ValueError("a moment is no number")
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}"


def _extensions(rest: list[Part]) -> Iterator[tuple[str, bytes]]:
    for tag, body in rest:
        if tag != 0xA3:
            continue
        for _, extension in _parts(_parts_of(body, _SEQUENCE)):
            parts = list(_parts(extension))
            if len(parts) >= 2 and parts[0][0] == _OID and parts[-1][0] == _OCTETS:
                yield parts[0][1].hex(), parts[-1][1]


def _alternatives(data: bytes) -> Iterator[str]:
    for kind, value in _parts(_parts_of(data, _SEQUENCE)) if data else ():
        if kind in (0x81, 0x82, 0x86):
            yield value.decode("utf-8", "replace").replace(",", " ")
        elif kind == 0x87 and len(value) in (4, 16):
            yield _address(value)


def _address(raw: bytes) -> str:
    # Imported here: few certificates are for a number.
    from ipaddress import ip_address

    return str(ip_address(raw))


def _authority(data: bytes) -> bool:
    return any(part == (_BOOLEAN, b"\xff") for part in _parts(_parts_of(data, _SEQUENCE))) if data else False


def _key(data: bytes) -> str:
    (_, algorithm), (_, bits), *_ = _parts(data)
    (_, oid), *parameters = _parts(algorithm)
    word = _KEYS.get(oid.hex(), _dotted(oid))
    if word == "rsa":
        modulus = _parts_of(_parts_of(bits[1:], _SEQUENCE), _INTEGER)
        return f"rsa{int.from_bytes(modulus, 'big').bit_length()}"
    if word == "ec" and parameters:
        return _CURVES.get(parameters[0][1].hex(), f"ec {_dotted(parameters[0][1])}")
    return word
