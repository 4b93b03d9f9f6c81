import asyncio
import struct
from collections.abc import Callable, Iterator

import pytest
from servers_of_data import exports
from serving import Handler, ask, ask_of, fit_to_be_shown, free_port

from driftvakt_collector.poll.checks.check import CheckError, Fault, Target, run
from driftvakt_collector.poll.checks.nfs import CHECK, exports_of
from driftvakt_collector.poll.checks.rpc import Values

Calls = tuple[int, int, int]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with exports() as running:
        yield running


@pytest.mark.real
def test_a_server_of_nfs_is_up(port: int) -> None:
    outcome = ask(CHECK, port)

    assert outcome.fault is None, outcome.reason
    assert list(outcome.phases) == ["resolve", "connect", "null"]


@pytest.mark.real
def test_a_version_that_it_does_not_serve(port: int) -> None:
    outcome = ask(CHECK, port, versions=("4", "3"))

    assert outcome.fault is Fault.ANSWER
    assert outcome.reason == "it serves NFS in versions 4 to 4, and not in 3"


def text(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value + b"\0" * (-len(value) % 4)


LISTED = (
    b"\0\0\0\1" + text(b"/srv/homes") + b"\0\0\0\1" + text(b"10.0.0.0/8") + b"\0\0\0\0"
    + b"\0\0\0\1" + text(b"/srv/scans") + b"\0\0\0\0" + b"\0\0\0\0"
)  # fmt: skip


def serves(answer: Callable[[Calls], bytes]) -> Handler:
    """Return who answers each call of RPC with what follows its number, in fragments of 7 bytes."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while size := int.from_bytes(await reader.read(4), "big"):
            call = await reader.readexactly(size & 0x7FFFFFFF)
            number, _, _, program, version, procedure = struct.unpack_from(">6I", call)
            reply = struct.pack(">I", number) + answer((program, version, procedure))
            pieces = [reply[at : at + 7] for at in range(0, len(reply), 7)]
            for one in pieces:
                writer.write(struct.pack(">I", len(one) | (0x80000000 if one is pieces[-1] else 0)) + one)
        writer.close()
        await writer.wait_closed()

    return handler


def good(values: bytes) -> bytes:
    return struct.pack(">5I", 1, 0, 0, 0, 0) + values


@pytest.mark.parametrize(("options", "fault", "part"), [
    ({"export": "/srv/homes"}, None, ""),
    ({"export": "/srv/scans", "versions": ("3",)}, None, ""),
    ({"export": "/srv"}, Fault.ANSWER, "it does not export /srv, but /srv/homes, /srv/scans"),
    ({"versions": ("5",)}, Fault.UNUSABLE, "versions"),
])  # fmt: skip
def test_what_it_exports(options: dict[str, str | tuple[str, ...]], fault: Fault | None, part: str) -> None:
    """Against a responder of our own: rpcbind has one port for a whole machine."""

    async def all_three() -> tuple[Fault | None, str, float | None]:
        own = 0

        def answer(call: Calls) -> bytes:
            return good({100000: struct.pack(">I", own), 100005: LISTED}.get(call[0], b""))

        server = await asyncio.start_server(serves(answer), "127.0.0.1", 0)
        own = server.sockets[0].getsockname()[1]
        outcome = await run(CHECK, Target("127.0.0.1", own, {"portmapper_port": own, **options}), 10)
        server.close()
        # Those who answer end once we have hung up.
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
        return outcome.fault, outcome.reason, outcome.values.get(("driftvakt_probe_nfs_exports", ()))

    found, reason, count = asyncio.run(all_three())

    assert found is fault, reason
    assert part in reason
    assert count == (None if fault is Fault.UNUSABLE else 2)


def test_nobody_lists_exports() -> None:
    none = ask_of(CHECK, serves(lambda _: good(b"")), export="/x", portmapper_port=free_port())
    gone = ask_of(CHECK, serves(lambda _: good(b"")), export="/x", mount_port=free_port())

    assert (none.fault, gone.fault) == (Fault.DOWN, Fault.DOWN)
    assert "portmapper" in none.reason
    assert "list of exports" in gone.reason


@pytest.mark.parametrize(("reply", "fault", "part"), [
    (struct.pack(">3I", 1, 1, 1), Fault.DENIED, "denies"),
    (struct.pack(">2I", 1, 7), Fault.ANSWER, "neither takes nor denies"),
    (struct.pack(">5I", 1, 0, 0, 0, 1), Fault.ANSWER, "does not serve NFS"),
    (struct.pack(">7I", 1, 0, 0, 0, 2, 2, 3), Fault.ANSWER, "versions 2 to 3"),
    (struct.pack(">5I", 1, 0, 0, 0, 5), Fault.ANSWER, "an error of its own"),
    (struct.pack(">4I", 1, 0, 0, 0xFFFFFFFF), Fault.ANSWER, "4294967295 bytes"),
    (struct.pack(">1I", 0), Fault.ANSWER, "no call of ours"),
    (b"\0\0\0\1", Fault.ANSWER, "cut off"),
])  # fmt: skip
def test_replies_that_are_none(reply: bytes, fault: Fault, part: str) -> None:
    outcome = ask_of(CHECK, serves(lambda _: reply))

    assert outcome.fault is fault
    assert part in outcome.reason
    assert fit_to_be_shown(outcome)


@pytest.mark.parametrize("block", [
    pytest.param((b"\0\0\0\1" + text(b"/x") + b"\0\0\0\0") * 3000, id="of exports"),
    pytest.param(b"\0\0\0\1" + text(b"/x") + (b"\0\0\0\1" + text(b"x")) * 3000, id="of clients"),
])  # fmt: skip
def test_a_list_that_does_not_end(block: bytes) -> None:
    with pytest.raises(CheckError, match="more than 2000"):
        exports_of(Values(block))
