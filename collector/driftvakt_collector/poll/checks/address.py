"""Where a name leads: the addresses that a check asks."""

import asyncio
import socket
from dataclasses import dataclass

from driftvakt_collector.poll.checks.check import CheckError, Course, Fault, said


@dataclass(frozen=True, slots=True)
class Address:
    """family: AF_INET or AF_INET6. host: in digits. place: as the calls of a socket want it."""

    family: int
    host: str
    place: tuple[str, int] | tuple[str, int, int, int]


async def addresses(host: str, port: int, course: Course, kind: int = socket.SOCK_STREAM) -> list[Address]:
    """Return those of a name, in the order of the system's choice, at least one. Timed as phase `resolve`.

    Raises CheckError: UNRESOLVED where nobody knows the name, UNUSABLE where it could be none.
    """
    if not host or not 0 <= port < 65536:
        raise CheckError(Fault.UNUSABLE, f"{host!r} port {port} can't be asked: it needs a name and a port up to 65535")
    with course.phase("resolve"):
        try:
            # One in digits is read here and now; a name is looked up in a thread, for getaddrinfo blocks.
            found = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            found = await _looked_up(host, port, kind)
        except UnicodeError as e:
            raise CheckError(Fault.UNUSABLE, f"{said(host)!r} can't be a name: {said(e)}") from e
    many = [Address(family, str(place[0]), place) for family, _, _, _, place in found if isinstance(place[0], str)]
    if not many:
        raise CheckError(Fault.UNRESOLVED, f"{said(host)!r} has no address that this machine can use")
    return many


async def _looked_up(host: str, port: int, kind: int) -> list[tuple]:  # type: ignore[type-arg]  # as typeshed has it
    try:
        return await asyncio.get_running_loop().getaddrinfo(host, port, type=kind)
    except socket.gaierror as e:
        raise CheckError(Fault.UNRESOLVED, f"no name server knows {said(host)!r}: {said(e.strerror)}") from e
    except UnicodeError as e:
        raise CheckError(Fault.UNUSABLE, f"{said(host)!r} can't be a name: {said(e)}") from e
