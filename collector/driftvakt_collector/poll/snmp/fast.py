"""The driver for the many: gufo-snmp, whose codec is compiled. A socket a device while it is asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from gufo.snmp import (
    Aes128Key,
    Aes192Key,
    Aes256Key,
    DesKey,
    Md5Key,
    NoSuchInstance,
    Sha1Key,
    Sha224Key,
    Sha256Key,
    Sha384Key,
    Sha512Key,
    SnmpAuthError,
    SnmpDecodeError,
    SnmpVersion,
    User,
)
from gufo.snmp import SnmpError as GufoError
from gufo.snmp.aio import SnmpSession

from driftvakt_collector.poll.snmp.driver import (
    MAX_BYTES,
    MAX_VARIABLES,
    Auth,
    Credential,
    Peer,
    Privacy,
    SnmpError,
    Trouble,
    Value,
    Version,
    Walk,
    circles,
    endless,
    silent,
)

T = TypeVar("T")
_VERSIONS = {Version.V1: SnmpVersion.v1, Version.V2C: SnmpVersion.v2c, Version.V3: SnmpVersion.v3}
_AUTH = {Auth.MD5: Md5Key, Auth.SHA1: Sha1Key, Auth.SHA224: Sha224Key, Auth.SHA256: Sha256Key,
         Auth.SHA384: Sha384Key, Auth.SHA512: Sha512Key}  # fmt: skip
_PRIVACY = {Privacy.DES: DesKey, Privacy.AES128: Aes128Key, Privacy.AES192: Aes192Key, Privacy.AES256: Aes256Key}
_LOOK = 500
"""Variables of a walk after which we look if it goes in circles."""


class FastDriver:
    """See SnmpDriver."""

    async def get(self, peer: Peer, oids: Sequence[str]) -> Mapping[str, Value]:
        """See SnmpDriver.get."""
        session = await self._session(peer)
        try:
            found = await self._tried(peer, lambda: session.get_many(oids))
        except NoSuchInstance:
            found = {}
        if peer.credential.version is Version.V1 and len(found) < len(oids) > 1:
            # In version 1 one that is not there spoils the question, so each is asked for by itself.
            return await self._one_by_one(peer, session, oids)
        return {oid: value for oid, value in found.items() if value is not None}

    async def walk(self, peer: Peer, base: str) -> Walk:
        """See SnmpDriver.walk."""
        session = await self._session(peer)
        repetitions = peer.repetitions
        while True:
            walk = Walk([], [])
            bulk = peer.credential.version is not Version.V1
            rows = session.getbulk(base, repetitions) if bulk else session.getnext(base)
            try:
                await self._tried(peer, partial(_read, peer, base, rows, walk))
            except SnmpError as e:
                # An agent that fills larger datagrams than the library reads.
                if e.trouble is not Trouble.GARBLED or not isinstance(e.__cause__, SnmpDecodeError) or repetitions == 1:
                    raise
                repetitions = max(1, repetitions // 4)
                continue
            return walk

    async def close(self) -> None:
        """See SnmpDriver.close. A session's socket goes with it."""

    async def _session(self, peer: Peer) -> SnmpSession:
        try:
            session = SnmpSession(
                peer.address,
                peer.port,
                community=peer.credential.community,
                user=_user(peer.credential),
                version=_VERSIONS[peer.credential.version],
                timeout=peer.seconds,
                max_repetitions=peer.repetitions,
            )
        except (OSError, ValueError, GufoError) as e:
            raise SnmpError(Trouble.UNREACHABLE, f"cannot ask {peer.address} by SNMP: {e}") from e
        if peer.credential.version is Version.V3:
            await self._tried(peer, session.refresh)
        return session

    async def _one_by_one(self, peer: Peer, session: SnmpSession, oids: Sequence[str]) -> Mapping[str, Value]:
        found: dict[str, Value] = {}
        for oid in oids:
            try:
                value = await self._tried(peer, lambda oid=oid: session.get(oid))  # type: ignore[misc]
            except NoSuchInstance:
                continue
            if value is not None:
                found[oid] = value
        return found

    async def _tried(self, peer: Peer, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until there is an answer, as often as the peer may be asked. Raises SnmpError, or NoSuchInstance."""
        for _ in range(peer.tries):
            try:
                return await ask()
            except TimeoutError as e:
                # The library calls it a time-out too when the machine says that nothing listens there.
                if "refused" in str(e.__cause__):
                    why = f"nothing listens for SNMP on {peer.address} port {peer.port}"
                    raise SnmpError(Trouble.UNREACHABLE, why) from e
            except NoSuchInstance:
                raise
            except SnmpAuthError as e:
                raise _refused(peer) from e
            except SnmpDecodeError as e:
                raise SnmpError(Trouble.GARBLED, f"{peer.address} answers what is no SNMP: {e}") from e
            except GufoError as e:
                raise SnmpError(Trouble.GARBLED, f"{peer.address} answers with an error: {e}") from e
            except OSError as e:
                why = f"{peer.address} port {peer.port} can't be reached by SNMP: {e.strerror or e}"
                raise SnmpError(Trouble.UNREACHABLE, why) from e
        raise silent(peer)


async def _read(peer: Peer, base: str, rows: AsyncIterator[tuple[str, Value | None]], walk: Walk) -> None:
    """Read on where an earlier try ended. Raises SnmpError for answers that lead back or never end."""
    oids, values = walk
    add_oid, add_value, look, came = oids.append, values.append, _LOOK, 0
    size = sum(len(value) for value in values if isinstance(value, bytes | str))
    async for oid, value in rows:
        came += 1
        if value is not None:
            add_oid(oid)
            add_value(value)
        if came >= look:
            look += _LOOK
            if len(set(oids)) != len(oids):
                raise circles(peer, base)
            size += sum(len(value) for value in values[-_LOOK:] if isinstance(value, bytes | str))
            # Nulls count too: an agent can answer them for ever.
            if len(oids) >= MAX_VARIABLES or came >= MAX_VARIABLES or size > MAX_BYTES:
                raise endless(peer, base)
            # A long walk over a fast line must not keep the loop from the others.
            await asyncio.sleep(0)


def _user(credential: Credential) -> User | None:
    if credential.version is not Version.V3:
        return None
    auth = _AUTH[credential.auth](credential.auth_secret.encode()) if credential.auth is not Auth.NONE else None
    privacy = None
    if credential.privacy is not Privacy.NONE:
        privacy = _PRIVACY[credential.privacy](credential.privacy_secret.encode())
    return User(credential.user, auth_key=auth, priv_key=privacy)


def _refused(peer: Peer) -> SnmpError:
    why = f"{peer.address} does not take the credential '{peer.credential.name}': wrong user, password or method"
    return SnmpError(Trouble.REFUSED, why)
