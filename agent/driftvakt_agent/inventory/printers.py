"""Printers that CUPS has set up, asked for at its socket, as lpstat does: its own file only root may read.

    POST / HTTP/1.0, application/ipp: 02 00 | 40 02 (CUPS-Get-Printers) | request 1 | attributes | 03
    answer: 02 00 | 00 00 (ok) | request 1 | 04 printer-name, device-uri, printer-make-and-model, … | 03

Source: RFC 8010 for the encoding, RFC 8011 for the attributes; "CUPS Implementation of IPP", CUPS-Get-Printers.
"""

import os
import socket
import struct
from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.sample import NoData, ProbeError

SOCKETS = ("/run/cups/cups.sock", "/var/run/cups/cups.sock")
_WANTED = ("printer-name", "device-uri", "printer-make-and-model", "printer-is-shared", "printer-type")
_OPERATION, _PRINTER, _END = 0x01, 0x04, 0x03
_CHARSET, _LANGUAGE, _KEYWORD, _BOOLEAN, _INTEGERS = 0x47, 0x48, 0x44, 0x22, (0x21, 0x23)
_CLASS = 0x0001
"""Of printer-type: a class of printers, which is no device."""
_NETWORK = ("socket", "ipp", "ipps", "lpd", "http", "https", "smb", "dnssd", "riousbprint", "beh")
_MAX_ANSWER, _SECONDS = 4 << 20, 5

Attributes = dict[str, "str | int | bool"]


def take(host: Host) -> Found:
    path = next((host.root + one for one in SOCKETS if os.path.exists(host.root + one)), "")
    if not path:
        raise NoData("no CUPS here")
    return {"printers": [row(one) for one in parse(_asked(path)) if one.get("printer-name")]}


def request() -> bytes:
    """Return the question for all printers."""
    told = struct.pack(">BBHI", 2, 0, 0x4002, 1) + bytes((_OPERATION,))
    told += _attribute(_CHARSET, "attributes-charset", "utf-8")
    told += _attribute(_LANGUAGE, "attributes-natural-language", "en")
    for place, name in enumerate(_WANTED):
        told += _attribute(_KEYWORD, "" if place else "requested-attributes", name)
    return told + bytes((_END,))


def parse(answer: bytes) -> list[Attributes]:
    """Return the attributes of each printer. Raises ProbeError for an answer that is none, or a refusal."""
    if len(answer) < 8:
        raise ProbeError("CUPS gave no answer")
    status = int.from_bytes(answer[2:4], "big")
    if status == 0x0406:
        # client-error-not-found: there are none.
        return []
    if status >= 0x0100:
        raise ProbeError(f"CUPS refused to list the printers: status {status:#06x}")
    printers: list[Attributes] = []
    told: Attributes = {}
    for tag, name, value in _attributes(answer[8:]):
        if tag <= 0x0F:
            if tag == _PRINTER:
                told = {}
                printers.append(told)
            continue
        if printers and name in _WANTED and name not in told:
            told[name] = _value(tag, value)
    return printers


def row(told: Attributes) -> Row:
    """Return the printer of its attributes; a class is one too, as it is for whoever prints."""
    # Imported here: only a machine with printers pays for it.
    from urllib.parse import parse_qs, urlsplit

    uri = str(told.get("device-uri", ""))
    kind = told.get("printer-type", 0)
    try:
        parts = urlsplit(uri)
        serial = parse_qs(parts.query).get("serial", [""])[0]
        # What stands before the @ may be a password.
        port = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
        scheme = parts.scheme
    except ValueError:
        serial = port = scheme = ""
    return {
        "name": told.get("printer-name", ""),
        "driver": told.get("printer-make-and-model", ""),
        "port": "class" if isinstance(kind, int) and kind & _CLASS else port,
        "serial": serial,
        "network": scheme in _NETWORK if scheme else None,
        "shared": told.get("printer-is-shared") if isinstance(told.get("printer-is-shared"), bool) else None,
    }


def _attributes(data: bytes) -> Iterator[tuple[int, str, bytes]]:
    """Give tag, name and value; a tag that begins a group has neither. What is cut off is left out."""
    place, last = 0, ""
    while place < len(data):
        tag = data[place]
        place += 1
        if tag == _END:
            return
        if tag <= 0x0F:
            yield tag, "", b""
            continue
        if place + 2 > len(data):
            return
        size = int.from_bytes(data[place : place + 2], "big")
        # A further value of the same attribute has no name.
        last = data[place + 2 : place + 2 + size].decode("utf-8", "replace") if size else last
        place += 2 + size
        size = int.from_bytes(data[place : place + 2], "big")
        place += 2
        if place + size > len(data):
            return
        yield tag, last, data[place : place + size]
        place += size


def _value(tag: int, value: bytes) -> "str | int | bool":
    if tag == _BOOLEAN:
        return value == b"\1"
    if tag in _INTEGERS:
        return int.from_bytes(value[:8], "big", signed=True)
    return value.decode("utf-8", "replace")


def _attribute(tag: int, name: str, value: str) -> bytes:
    return struct.pack(">BH", tag, len(name)) + name.encode() + struct.pack(">H", len(value)) + value.encode()


def _asked(path: str) -> bytes:
    body = request()
    head = f"POST / HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/ipp\r\nContent-Length: {len(body)}\r\n\r\n"
    answer = b""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
            one.settimeout(_SECONDS)
            one.connect(path)
            one.sendall(head.encode() + body)
            while len(answer) < _MAX_ANSWER and (block := one.recv(1 << 16)):
                answer += block
    except OSError as e:
        raise ProbeError(f"cannot ask CUPS at {path} for the printers: {e.strerror or e}") from e
    told, _, rest = answer.partition(b"\r\n\r\n")
    status = told.partition(b"\r\n")[0]
    if b" 200 " not in status:
        raise ProbeError(f"CUPS at {path} answered {status[:80]!r}")
    return rest
