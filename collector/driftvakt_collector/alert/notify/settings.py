"""The settings of all ways to people: tables of TOML in, one frozen object out, every mistake in one message."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo

from driftvakt_collector.alert.answers.mailbox import MailboxSettings
from driftvakt_collector.alert.notify import mail as mails
from driftvakt_collector.alert.notify import sms_settings
from driftvakt_collector.alert.notify.chain import Chain
from driftvakt_collector.alert.notify.elks import Elks, ElksSettings
from driftvakt_collector.alert.notify.gateway import Gateway, GatewaySettings
from driftvakt_collector.alert.notify.letter import Sender, is_address
from driftvakt_collector.alert.notify.longtail import Longtail, LongtailSettings
from driftvakt_collector.alert.notify.mail import Mail, MailSettings
from driftvakt_collector.alert.notify.message import Notifier
from driftvakt_collector.alert.notify.modem import Modem, ModemSettings
from driftvakt_collector.alert.notify.sms_settings import SmsSettings
from driftvakt_collector.alert.notify.table import Table
from driftvakt_collector.alert.notify.webhook import Webhook, WebhookSettings
from driftvakt_collector.config import ConfigError


@dataclass(frozen=True)
class NotifySettings:
    """email, webhook, longtail, replies: None where there is none. sms: name and settings, as they are tried."""

    email: MailSettings | None = None
    sms: tuple[tuple[str, SmsSettings], ...] = ()
    webhook: WebhookSettings | None = None
    longtail: LongtailSettings | None = None
    replies: MailboxSettings | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the channels that there is a way for."""
        ways = (("email", self.email), ("sms", self.sms), ("webhook", self.webhook), ("apprise", self.longtail))
        return tuple(name for name, way in ways if way)


def read(told: Mapping[str, object], where: str, *, public_url: str = "", secret: str = "") -> NotifySettings:
    """Return the settings of [notify]. where: the file, for the message. Raises ConfigError with every mistake.

    public_url: under which gateways reach us, empty for none: then no receipt is asked for. secret: what the paths
    that they call are made of.
    """
    wrong: list[str] = []
    table = Table(dict(told), "[notify]", wrong)
    email = _email(Table(told["email"], "[notify.email]", wrong)) if "email" in table else None
    gateways: tuple[tuple[str, SmsSettings], ...] = ()
    if "sms" in table:
        gateways = sms_settings.read(Table(told["sms"], "[notify.sms]", wrong), public_url, secret)
    found = NotifySettings(
        email=email,
        sms=gateways,
        webhook=_webhook(Table(told["webhook"], "[notify.webhook]", wrong)) if "webhook" in table else None,
        longtail=_longtail(Table(told["apprise"], "[notify.apprise]", wrong)) if "apprise" in table else None,
        replies=_replies(Table(told["replies"], "[notify.replies]", wrong)) if "replies" in table else None,
    )
    for key in ("email", "sms", "webhook", "apprise", "replies"):
        table.has(key)
    table.end()
    if wrong:
        raise ConfigError(f"cannot use {where}:\n" + "\n".join(f"  - {one}" for one in wrong))
    return found


def build(settings: NotifySettings) -> dict[str, Notifier]:
    """Return the way of each channel. SMS is always a chain, which tells providers apart by their names."""
    ways: dict[str, Notifier] = {}
    if settings.email is not None:
        ways["email"] = Mail(settings.email)
    if settings.sms:
        ways["sms"] = Chain("sms", [(name, _way(one)) for name, one in settings.sms])
    if settings.webhook is not None:
        ways["webhook"] = Webhook(settings.webhook)
    if settings.longtail is not None:
        ways["apprise"] = Longtail(settings.longtail)
    return ways


def _way(settings: SmsSettings) -> Notifier:
    match settings:
        case ElksSettings():
            return Elks(settings)
        case GatewaySettings():
            return Gateway(settings)
        case ModemSettings():
            return Modem(settings)


def _email(table: Table) -> MailSettings:
    host = table.text("host", None)
    tls = table.text("tls", mails.REQUIRE, among=mails.TLS)
    account = table.text("account")
    secret = table.secret(needed=bool(account))
    clear = table.flag("clear_is_meant", usual=False)
    if tls == mails.NONE and not clear and not _is_loopback(host):
        table.wrong.append(
            f"{table.where}: tls = \"none\" to {host} can be read by others: write 'require', or clear_is_meant = true"
        )
    sender = _address(table, "sender", None)
    reply = table.text("reply")
    if reply and not is_address(reply.replace("{token}", "TOKEN")):
        table.mistake("reply", "an address such as larm+{token}@stad.example")
    zone = table.text("time_zone", "Europe/Stockholm")
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        table.mistake("time_zone", "a time zone such as Europe/Stockholm")
    domain = table.text("domain", sender.rpartition("@")[2] or "driftvakt.invalid")
    list_id = table.text("list_id")
    for key, value in (("domain", domain), ("list_id", list_id), ("ehlo", table.text("ehlo"))):
        if value and not re.fullmatch(r"[A-Za-z0-9.:\[\]-]{1,253}", value):
            table.mistake(key, "a name such as larm.stad.example")
    made = MailSettings(
        host=host,
        sender=Sender(sender, table.text("sender_name", "Driftvakt", most=64), reply, domain, list_id, zone),
        port=table.whole("port", 465 if tls == mails.IMPLICIT else 587, 1, 65535),
        tls=tls,
        verify=table.flag("verify", usual=True),
        ca_file=table.path("ca_file"),
        account=account,
        secret_file=secret,
        clear_secret=clear or _is_loopback(host),
        ehlo=table.text("ehlo"),
        envelope=_address(table, "envelope", ""),
        **{
            f"{phase}_seconds": table.number(f"{phase}_seconds", usual, 1, 600)
            for phase, usual in (("connect", 10.0), ("banner", 30.0), ("answer", 30.0), ("data", 60.0))
        },  # type: ignore[arg-type]
    )
    table.end()
    return made


def _address(table: Table, key: str, usual: str | None) -> str:
    value = table.text(key, usual, most=320)
    if value and not is_address(value):
        table.mistake(key, "an address such as larm@stad.example")
    return value


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _webhook(table: Table) -> WebhookSettings:
    made = WebhookSettings(
        secret_file=table.secret() or Path(),
        private=table.networks("private"),
        clear=table.flag("clear_is_meant", usual=False),
        seconds=table.number("seconds", 15.0, 1, 120),
    )
    table.end()
    return made


def _longtail(table: Table) -> LongtailSettings:
    seconds = table.number("seconds", 30.0, 1, 120)
    services = []
    for name in table.unread():
        one = Table(table.has(name), f"[notify.apprise.{name}]", table.wrong)
        if (path := one.secret("url_file")) is not None:
            services.append((name, path))
        one.end()
    if not services:
        table.wrong.append(
            f'{table.where}: name a service: [notify.apprise.teams] url_file = "/etc/driftvakt/teams.url"'
        )
    return LongtailSettings(tuple(services), seconds)


def _replies(table: Table) -> MailboxSettings:
    host = table.text("host", None)
    tls = table.text("tls", "implicit", among=("implicit", "starttls", "none"))
    if tls == "none" and not _is_loopback(host):
        table.wrong.append(f'{table.where}: tls = "none" would tell the password to others: write "implicit"')
    made = MailboxSettings(
        host=host,
        port=table.whole("port", 993 if tls == "implicit" else 143, 1, 65535),
        tls=tls,
        ca_file=table.path("ca_file"),
        account=table.text("account", None),
        secret_file=table.secret() or Path(),
        folder=table.text("folder", "INBOX"),
        every=table.number("every", 15.0, 5, 3600),
        seconds=table.number("seconds", 20.0, 1, 120),
        authserv_id=table.text("authserv_id"),
    )
    table.end()
    return made
