"""Who brought a body, and how: by itself or by way of a relay, live or from what waited."""

import hmac
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from driftvakt_collector.fleet.host import RELAY, Host
from driftvakt_wire.envelope import derive_key, mac, pads

MAX_AGE = 365 * 86400.0


class Head(NamedTuple):
    """What is known of a request before its body is looked at.

    address: the sender's IP address. backlog: whether it says that its lines waited. via: the header Driftvakt-Via.
    """

    address: str = ""
    backlog: bool = False
    via: bytes = b""


class Carrier(NamedTuple):
    """The relay that brought a body. age: seconds for which it had kept the youngest line."""

    relay: Host
    age: float


class CarrierError(Exception):
    """The header names no relay of ours, or is not signed by it."""


def signed(origin: str, gen: int, age: str, body: bytes) -> bytes:
    """Return what a relay signs for a body as it is sent."""
    return b"via\n%s\n%d\n%s\n%s" % (origin.encode(), gen, age.encode(), sha256(body).hexdigest().encode())


def carrier(via: bytes, body: bytes, hosts: Mapping[str, Host], masters: Mapping[str, bytes]) -> Carrier:
    """Return who brought the body. Raises CarrierError; its text is for our own log."""
    try:
        origin, gen_text, age_text, mac_text = via.decode("ascii").split(" ")
        gen, age, given = int(gen_text), float(age_text), b64decode(mac_text, validate=True)
    except (ValueError, Base64Error) as e:
        raise CarrierError("Driftvakt-Via is not '<origin> <gen> <age> <mac>'") from e
    relay = hosts.get(origin)
    if relay is None or relay.class_ != RELAY or not relay.trusted or not relay.gen_floor <= gen <= relay.gen:
        raise CarrierError(f"Driftvakt-Via names {origin[:64]!r}, which is no approved relay of that generation")
    key = pads(derive_key(masters.get(relay.zone, b""), origin, gen))
    if not hmac.compare_digest(mac(key, signed(origin, gen, age_text, body)), given):
        raise CarrierError(f"Driftvakt-Via of {origin} is signed wrongly")
    if not 0 <= age <= MAX_AGE:
        raise CarrierError(f"Driftvakt-Via of {origin}: an age of {age_text[:20]} s")
    return Carrier(relay, age)
