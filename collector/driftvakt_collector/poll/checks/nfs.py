"""Whether a server of NFS answers, in the versions it should, and exports what it should (RFC 1813, 7530, 1833)."""

import struct

from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said
from driftvakt_collector.poll.checks.rpc import MOST, Values, called
from driftvakt_collector.poll.checks.stream import connected

_NFS, _MOUNT, _PORTMAPPER = 100003, 100005, 100000
_TCP = 6
_NULL, _GETPORT, _EXPORT = 0, 3, 5
_EXPORTS = 2000
"""Exports and clients of them that are read."""


async def probe(target: Target, course: Course) -> None:
    """Call what does nothing, once a version, and read the list of exports if one is expected."""
    versions = _versions(target)
    async with connected(target, course, MOST) as stream:
        for version in versions:
            with course.phase("null"):
                await called(stream, "NFS", _NFS, version, _NULL)
    expected = target.text("export")
    if not expected:
        return
    port = int(target.number("mount_port")) or await _mount_port(target, course)
    mount = Target(target.host, port, target.options)
    try:
        async with connected(mount, course, MOST) as stream:
            with course.phase("exports"):
                exports = exports_of(await called(stream, "MOUNT", _MOUNT, 3, _EXPORT))
    except ConnectionRefusedError as e:
        raise CheckError(Fault.DOWN, f"nothing listens on port {port}, where the list of exports should be") from e
    course.tell("driftvakt_probe_nfs_exports", len(exports))
    if expected.encode() not in exports:
        listed = said(b", ".join(exports)) or "nothing"
        raise CheckError(Fault.ANSWER, f"it does not export {said(expected)}, but {listed}")


def exports_of(values: Values) -> list[bytes]:
    """Return the folders in a list of exports (RFC 1813, 5.2.5)."""
    folders: list[bytes] = []
    clients = 0
    while values.number():
        folders.append(values.octets())
        while clients <= _EXPORTS and values.number():
            values.octets()
            clients += 1
        if len(folders) + clients > _EXPORTS:
            raise CheckError(Fault.ANSWER, f"it lists more than {_EXPORTS} exports and their clients")
    return folders


def _versions(target: Target) -> list[int]:
    told = target.options.get("versions", ())
    versions = [one.strip() for one in told] if isinstance(told, tuple) and told else ["4"]
    if any(one not in ("2", "3", "4") for one in versions):
        raise CheckError(Fault.UNUSABLE, f"option 'versions' must be of 2, 3 and 4, got {said(', '.join(versions))!r}")
    return [int(one) for one in versions]


async def _mount_port(target: Target, course: Course) -> int:
    """Ask the portmapper where the list of exports is. Raises CheckError where it does not know."""
    port = int(target.number("portmapper_port", 111))
    question = struct.pack(">4I", _MOUNT, 3, _TCP, 0)
    try:
        async with connected(Target(target.host, port, target.options), course, MOST) as stream:
            with course.phase("portmapper"):
                found = (await called(stream, "the portmapper", _PORTMAPPER, 2, _GETPORT, question)).number()
    except ConnectionRefusedError as e:
        raise CheckError(Fault.DOWN, f"no portmapper listens on port {port}; set 'mount_port' to do without") from e
    if not 0 < found < 65536:
        raise CheckError(Fault.ANSWER, "its portmapper knows nobody who lists exports")
    return found


CHECK = Check(
    name="nfs",
    help="A server of NFS answers in the versions it should, and exports what it should.",
    probe=probe,
    port=2049,
    options=(
        Option("versions", tuple, "the versions that it has to serve, of 2, 3 and 4; 4 where it is not set"),
        Option("export", str, "a folder that must be in its list of exports, which servers of version 3 have"),
        Option("mount_port", int, "the port of that list, so that the portmapper is not asked"),
        Option("portmapper_port", int, "the port of the portmapper, 111 where it is not set"),
    ),
)
