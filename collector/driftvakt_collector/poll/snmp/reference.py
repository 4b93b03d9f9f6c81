"""The driver to hold the other against: pysnmp, in plain Python. Ten times slower; also for what the other can't do."""

from collections.abc import Mapping, Sequence
from typing import Any

from pyasn1.error import PyAsn1Error
from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch import asyncio as hlapi
from pysnmp.proto import rfc1905

from driftvakt_collector.poll.snmp.driver import (
    Credential,
    Pages,
    Peer,
    SnmpError,
    Trouble,
    Value,
    Version,
    Walk,
    silent,
)
from driftvakt_collector.poll.snmp.pysnmp_terms import AUTH, PRIVACY, value_of

_NO_SUCH_NAME = 2
_MOST_OIDS = 24
"""OIDs in one question: some agents answer `tooBig` to more."""


class ReferenceDriver:
    """See SnmpDriver. One engine for all devices: to make one takes 60 ms."""

    def __init__(self) -> None:
        self._engine = hlapi.SnmpEngine()

    async def get(self, peer: Peer, oids: Sequence[str]) -> Mapping[str, Value]:
        """See SnmpDriver.get."""
        found: dict[str, Value] = {}
        for start in range(0, len(oids), _MOST_OIDS):
            left = list(oids[start : start + _MOST_OIDS])
            while left:
                status, place, rows = await self._ask(peer, hlapi.get_cmd, left)
                if not status:
                    found.update(_values(rows))
                    break
                if status != _NO_SUCH_NAME or not 1 <= place <= len(left):
                    raise SnmpError(Trouble.GARBLED, f"{peer.address} answers with error {status}")
                # Version 1 names the first that it does not have, and tells none of the others.
                del left[place - 1]
        return found

    async def walk(self, peer: Peer, base: str) -> Walk:
        """See SnmpDriver.walk."""
        pages = Pages(peer, base)
        at = base
        while True:
            if peer.credential.version is Version.V1:
                status, _, rows = await self._ask(peer, hlapi.next_cmd, [at])
            else:
                status, _, rows = await self._ask(peer, hlapi.bulk_cmd, [at], 0, peer.repetitions)
            if status:
                return pages.walk
            ended = any(isinstance(value, rfc1905.EndOfMibView) for _, value in rows)
            told = [(str(oid), value) for oid, raw in rows if (value := value_of(raw)) is not None]
            if not pages.take(told) or ended:
                return pages.walk
            at = str(rows[-1][0])

    async def close(self) -> None:
        """See SnmpDriver.close."""
        self._engine.close_dispatcher()

    async def _ask(self, peer: Peer, command: Any, oids: Sequence[str], *numbers: int) -> tuple[int, int, Any]:
        """Return error status, the place that it is about, and the variables. Raises SnmpError."""
        try:
            make = hlapi.Udp6TransportTarget if ":" in peer.address else hlapi.UdpTransportTarget
            where = await make.create((peer.address, peer.port), timeout=peer.seconds, retries=peer.tries - 1)
            who, context = _credential(peer.credential), hlapi.ContextData(contextName=peer.credential.context.encode())
            asked = [hlapi.ObjectType(hlapi.ObjectIdentity(oid)) for oid in oids]
            trouble, status, place, rows = await command(
                self._engine, who, where, context, *numbers, *asked, lookupMib=False
            )
        except (PySnmpError, PyAsn1Error, OSError) as e:
            raise SnmpError(Trouble.UNREACHABLE, f"cannot ask {peer.address} by SNMP: {e}") from e
        if trouble is None:
            return int(status), int(place), rows
        told = type(trouble).__name__
        if told == "RequestTimedOut":
            raise silent(peer)
        if told in ("WrongDigest", "UnknownUserName", "UnsupportedSecurityLevel", "AuthenticationFailure",
                    "DecryptionError", "NotInTimeWindow", "UnknownSecurityName"):  # fmt: skip
            why = f"{peer.address} does not take the credential '{peer.credential.name}': {trouble}"
            raise SnmpError(Trouble.REFUSED, why)
        raise SnmpError(Trouble.GARBLED, f"{peer.address} answers with an error: {trouble}")


def _credential(one: Credential) -> Any:
    if one.version is not Version.V3:
        return hlapi.CommunityData(one.community.encode(), mpModel=0 if one.version is Version.V1 else 1)
    return hlapi.UsmUserData(
        one.user,
        authKey=one.auth_secret or None,
        privKey=one.privacy_secret or None,
        authProtocol=AUTH[one.auth],
        privProtocol=PRIVACY[one.privacy],
    )


def _values(rows: Any) -> dict[str, Value]:
    return {str(oid): value for oid, raw in rows if (value := value_of(raw)) is not None}
