"""Puts alarms together for a collector, from its configuration."""

import logging
from collections.abc import Callable
from email.message import EmailMessage

import httpx

from driftvakt_collector.alert.notify import settings as notify
from driftvakt_collector.alert.notify.mail import Mail
from driftvakt_collector.alert.notify.message import Notifier, Sent
from driftvakt_collector.alert.notify.settings import NotifySettings
from driftvakt_collector.alert.rootcause.guests import Guests
from driftvakt_collector.alert.rootcause.survey import Survey
from driftvakt_collector.alert.rules import book as rulebook
from driftvakt_collector.alert.surroundings import Surroundings
from driftvakt_collector.config import Config
from driftvakt_collector.desk import neighbours
from driftvakt_collector.desk.alarms import Alarms
from driftvakt_collector.desk.suppliers.cases import StoredCases
from driftvakt_collector.desk.suppliers.channel import CHANNEL, Post, SupplierChannel
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.fleet.topology.atlas import Atlas
from driftvakt_collector.store.engine import Store
from driftvakt_collector.trust import vault

log = logging.getLogger(__name__)

_SECONDS = 20.0
"""That a supplier's desk has for each step of a call."""


def build(
    config: Config, fleet: Fleet, store: Store, atlas: Atlas, *, now: Callable[[], float], wall: Callable[[], float]
) -> Alarms:
    """Return all of it. Raises ConfigError where rules or ways to people are wrong."""
    key = vault.key(config.data)
    settings = notify.read(config.notify, "the configuration", public_url=config.public_url, secret=key.hex())
    surroundings = Surroundings(store, wall)
    guests = Guests(store, fleet)
    watcher = Survey(fleet, atlas, surroundings.expects, guests.mapping)
    channels = notify.build(settings)
    channels[CHANNEL] = to_suppliers(
        settings, channels.get("email"), StoredCases(store, vault.load(config.data)), wall
    )  # fmt: skip
    return Alarms(
        fleet, store, atlas, rulebook.load(config.rules_file).rules, watcher, surroundings, channels, settings,
        neighbours.read(config.alertmanagers, config.watchdogs), guests=guests, key=key, url=config.public_url,
        kept=config.data / "rules.kept", now=now, wall=wall,
    )  # fmt: skip


def to_suppliers(
    settings: NotifySettings, mail: Notifier | None, cases: StoredCases, wall: Callable[[], float]
) -> SupplierChannel:
    """Return the way to suppliers. mail: that to people."""
    client = httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False, trust_env=False)
    sender = settings.email.sender if settings.email is not None else None
    address = sender.reply.replace("+{token}", "") if sender is not None else ""
    name = sender.name if sender is not None else ""
    return SupplierChannel(client, cases, _post(mail) if isinstance(mail, Mail) else None, address, name, wall)


def _post(mail: Mail) -> Post:
    async def post(letter: EmailMessage) -> Sent:
        return await mail.post(letter, letter["To"].addresses[0].addr_spec)

    return post
