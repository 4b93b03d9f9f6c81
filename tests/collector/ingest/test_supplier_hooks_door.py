"""Who calls as a supplier learns nothing unless it signs; and GLPI hears that we have its secret."""

import asyncio
import hmac
from collections.abc import Iterator, Mapping
from hashlib import sha256

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette

from driftvakt_collector.desk.suppliers import inbox
from driftvakt_collector.desk.suppliers.supplier import Kind, Secrets, Supplier, to_row
from driftvakt_collector.desk.suppliers.update import UpdateError
from driftvakt_collector.ingest.supplier_hooks import AT_ONCE, SupplierHooks
from driftvakt_collector.store import suppliers
from driftvakt_collector.store.engine import Store
from driftvakt_collector.trust.vault import Vault

VAULT = Vault(bytes(32))


class Desk:
    """Takes what comes, or says no."""

    def __init__(self, store: Store | None = None, error: Exception | None = None) -> None:
        self.store, self.error = store, error
        self.came: list[tuple[str, Mapping[str, str], bytes]] = []
        self.hold = asyncio.Event()
        self.hold.set()

    async def hook(self, vault: Vault, name: str, headers: Mapping[str, str], raw: bytes) -> None:
        assert vault is VAULT
        await self.hold.wait()
        if self.error is not None:
            raise self.error
        self.came.append((name, headers, raw))

    async def challenged(self, vault: Vault, name: str, asked: str) -> str:
        assert self.store is not None
        return self.store.read(lambda one: inbox.challenged(one, vault, name, asked))


def calling(desk: Desk) -> httpx.AsyncClient:
    app = Starlette(routes=SupplierHooks(desk, VAULT).routes())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://driftvakt")


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    made = Store(store_url)
    made.migrate()
    yield made
    made.close()


def test_glpi_hears_that_we_have_its_secret(store: Store) -> None:
    one = Supplier("Larm AB", Kind.GLPI, url="https://glpi.larm.example/apirest.php")
    other = Supplier("S:t Erik", Kind.EMAIL, "noc@sterik.example")
    for row in (to_row(one, Secrets("a", "b", "hemligt"), VAULT, 0.0), to_row(other, Secrets(), VAULT, 0.0)):
        store.write_now(lambda connection, row=row: suppliers.keep(connection, row))  # type: ignore[misc]

    async def ask() -> None:
        client = calling(Desk(store))
        told = await client.get("/v1/suppliers/larm%20ab?crc_token=abc")
        assert (told.status_code, told.text) == (200, hmac.new(b"hemligt", b"abc", sha256).hexdigest())
        refused = [
            await client.get(path)
            for path in (
                "/v1/suppliers/larm%20ab",
                "/v1/suppliers/S:t%20Erik?crc_token=a",
                "/v1/suppliers/x?crc_token=a",
            )
        ]
        assert {(one.status_code, one.text) for one in refused} == {(401, "not allowed\n")}

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(UpdateError("no such supplier", 401), 401, id="unknown"),
        pytest.param(UpdateError("it has no secret", 403), 401, id="without a secret"),
        pytest.param(UpdateError("it has mail", 404), 401, id="with mail alone"),
        pytest.param(UpdateError("no JSON"), 400, id="signed nonsense"),
        pytest.param(OperationalError("x", {}, Exception("disk")), 503, id="a store that can't be written"),
    ],
)
def test_a_refusal_tells_nothing(error: Exception, status: int) -> None:
    async def call() -> None:
        told = await calling(Desk(error=error)).post("/v1/suppliers/x", content=b"{}")
        assert told.status_code == status
        assert str(error) not in told.text

    asyncio.run(call())


def test_a_name_with_any_letters_reaches_the_desk() -> None:
    async def call() -> None:
        desk = Desk()
        told = await calling(desk).post("/v1/suppliers/%C3%85%2FB%20AB", content=b"{}", headers={"X-Some": "Y"})
        assert told.status_code == 204
        ((name, headers, raw),) = desk.came
        assert (name, headers["x-some"], raw) == ("Å/B AB", "Y", b"{}")

    asyncio.run(call())


def test_only_so_many_are_read_at_once() -> None:
    async def call() -> None:
        desk = Desk()
        desk.hold.clear()
        client = calling(desk)
        calls = [asyncio.create_task(client.post("/v1/suppliers/x", content=b"{}")) for _ in range(AT_ONCE + 2)]
        await asyncio.sleep(0.05)
        desk.hold.set()
        found = sorted([(await one).status_code for one in calls])
        assert found == [204] * AT_ONCE + [429] * 2

    asyncio.run(call())
