"""All that watches, with a supplier's switch, somebody who is on call, and a clock of our own."""

import asyncio
from collections.abc import Coroutine
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from alarming import NOON, alert, cleared, raised
from collecting import host_row
from post_office import Office, text_of
from sqlalchemy import Connection

from driftvakt_collector.alert.alert import Alert, Source
from driftvakt_collector.alert.words import Words
from driftvakt_collector.config import Config
from driftvakt_collector.desk import building, casework
from driftvakt_collector.desk.alarms import Alarms
from driftvakt_collector.desk.suppliers.handover import Event
from driftvakt_collector.desk.suppliers.supplier import Kind, Secrets, Settings, Supplier, to_row
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.fleet.topology.atlas import Atlas, Plan
from driftvakt_collector.fleet.topology.tree import Tree
from driftvakt_collector.store import handovers, incidents, outbox, people, plans, suppliers
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.people import PersonRow
from driftvakt_collector.trust import vault

NAME = "S:t Erik Kommunikation"
LAN = Supplier(
    NAME, Kind.EMAIL, "noc@sterik.example", answer_minutes=30, mend_hours=4, is_automatic=True,
    settings=Settings("08-123 45 00", r"SR-\d+"),
)  # fmt: skip
SWITCH = "a-0001"
ORACLE = "hemligt"
POLICY = """
name = "default"
[[step]]
hand_over = "auto"
[[step]]
wait = 10
[[step]]
rota = "auto"
position = "primary"
channels = ["sms", "email"]
"""
ROTA = """
name = "natjour"
zones = ["adm"]
[[layer]]
people = ["anna"]
start = 2026-01-05
"""


class Story:
    """All that watches, with a clock of our own, a switch of the supplier's, and anna, who is on call."""

    def __init__(self, store: Store, data: Path, office: Office) -> None:
        self.at = NOON
        self.store, self.office, self.data = store, office, data
        rows = [
            host_row(1, name="sw-03", site="Älvsjö skola", class_="network", supplier=NAME),
            host_row(2, name="rt-01", site="Älvsjö skola", class_="network"),
            *(host_row(number, name=f"srv-{number}", site="Älvsjö skola") for number in range(3, 8)),
        ]
        fleet = Fleet(rows, healthy_since=0.0)
        atlas = Atlas(fleet, store, lambda: self.at)
        atlas.plan = Plan(tree=Tree({SWITCH: ("a-0002",), **{f"a-{n:04}": (SWITCH,) for n in range(3, 8)}}))
        config = Config(data=data, public_url="https://driftvakt.stad.example", notify={"email": {
            "host": "127.0.0.1", "port": office.port, "tls": "none", "sender": "driftvakt@stad.example",
            "reply": "larm+{token}@stad.example", "sender_name": "Stadens driftcentral",
        }})  # fmt: skip
        self.keep(LAN)
        _open.append(self)
        self.alarms: Alarms = building.build(
            config, fleet, store, atlas, now=lambda: self.at - NOON + 1000.0, wall=lambda: self.at
        )
        self.fault = alert(
            "HostSilent", SWITCH, source=Source.LIVENESS, supplier=NAME, subject="sw-03", site="Älvsjö skola",
            class_="network", summary=Words("sw-03 svarar inte", "sw-03 does not answer"),
        )  # fmt: skip

    def keep(self, one: Supplier, hook: str = "") -> None:
        row = to_row(one, Secrets(hook=hook), vault.load(self.data), NOON)
        self.store.write_now(lambda connection: suppliers.keep(connection, row))

    async def raise_(self, one: Alert | None = None) -> None:
        await self.alarms.take([raised(one or self.fault, self.at)])
        await self.work()

    async def clear(self) -> None:
        await self.alarms.take([cleared(self.fault, self.at)])
        await self.work()

    async def work(self, seconds: float = 0.0) -> None:
        """Let time pass, and do all that is due."""
        self.at += seconds
        await self.alarms.escalate()
        while await self.alarms.outbox.turn():
            await self.alarms.outbox.drain()

    async def answer(self, text: str, sender: str = "Nisse <nisse@sterik.example>", key: str = "1") -> str:
        first = self.office.to("noc@")[0]
        mail = EmailMessage()
        mail["From"], mail["To"] = sender, str(first["Reply-To"])
        mail["Subject"] = "SV: något annat"
        mail["Message-ID"] = f"<{key}@sterik.example>"
        mail.set_content(f"{text}\n\n> {text_of(first)[:200]}")
        told = await self.alarms.inbox.letter(mail.as_bytes())
        await self.work()
        return told.verdict

    @property
    def cases(self) -> list[handovers.HandoverRow]:
        return self.store.read(lambda one: handovers.of_incident(one, 1))

    @property
    def whats(self) -> list[str]:
        return [row.what for row in self.store.read(lambda one: incidents.timeline(one, 1))]

    @property
    def pages(self) -> list[str]:
        rows = self.store.read(lambda one: outbox.of_incident(one, 1))
        return [row.person for row in rows if row.kind == outbox.PAGE]

    def news(self) -> list[str]:
        return [str(one["Subject"]) for one in self.office.to("anna@")]

    def do(self, event: Event) -> None:
        clocks = self.alarms.handing.clocks
        self.store.write_now(lambda one: casework.act(one, 1, event, "bo", self.at, clocks))


def put_on_call(store: Store) -> None:
    def work(one: Connection) -> None:
        for name, phone in (("anna", "+46700000001"), ("bo", "+46700000002")):
            people.keep(one, PersonRow(name, name.title(), "sv", "Europe/Stockholm", "", True, "", NOON))
            people.add_contact(one, name, "email", f"{name}@stad.example")
            people.add_contact(one, name, "sms", phone)
        plans.save(one, "rota", "natjour", ROTA, from_at=NOON - 86_400.0, now=NOON - 86_400.0, who="bo")

    store.write_now(work)


_open: list["Story"] = []
"""Stories whose lines to servers are closed in the loop that opened them."""


def run(work: Coroutine[Any, Any, None]) -> None:
    async def closed() -> None:
        try:
            await work
        finally:
            while _open:
                await _open.pop().alarms.close()

    asyncio.run(closed())
