"""`driftvakt notify`: whether messages reach people: look over the settings, and send one to try."""

import argparse
import asyncio
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING

from driftvakt_collector.commands.common import add_data, load, shown
from driftvakt_collector.config import OWN_FILE, ConfigError

if TYPE_CHECKING:
    from driftvakt_collector.alert.notify.message import DeliveryError, Message, Notifier, Sent
    from driftvakt_collector.alert.notify.settings import NotifySettings

_CHANNELS = ("email", "sms", "webhook", "apprise")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    notify = commands.add_parser(
        "notify", help="whether messages reach people: check the settings, send one to try",
        description="Ways to people stand under [notify] in collector.toml: e-mail, SMS, webhooks, and what apprise"
        " knows. See docs/notify.md.",
    )  # fmt: skip
    whats = notify.add_subparsers(required=True, metavar="WHAT")
    check = whats.add_parser("check", help="look over the settings, and say what can be sent and answered")
    add_data(check)
    check.set_defaults(run=_check)
    addresses = whats.add_parser("addresses", help="show where SMS gateways are to call; these are secrets")
    add_data(addresses)
    addresses.set_defaults(run=_addresses)
    test = whats.add_parser(
        "test", help="send one message to try, and print what the other side said",
        description="Sends one message by a channel. It belongs to no incident, and nothing is written to the store.",
        epilog="Example: driftvakt notify test --channel sms --to +46701234567 --data /var/lib/driftvakt",
    )  # fmt: skip
    add_data(test)
    test.add_argument("--channel", required=True, choices=_CHANNELS, help="the way to try")
    test.add_argument("--to", required=True, metavar="ADDRESS",
                      help="an address of mail, a number as +46701234567, a URL, or a service of apprise")  # fmt: skip
    test.add_argument("--way", metavar="NAME", help="of several SMS gateways, only this one")
    test.add_argument("--language", choices=("sv", "en"), default="sv", help="of the message (default: sv)")
    test.set_defaults(run=_test)


def _check(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    for line in said(settings):
        print(shown(line))
    return 0


def said(settings: "NotifySettings") -> list[str]:
    """Return what the settings mean, a line each."""
    from driftvakt_collector.alert.notify.elks import ElksSettings
    from driftvakt_collector.alert.notify.modem import ModemSettings

    lines = []
    if (mail := settings.email) is not None:
        lines.append(f"email: {mail.sender.address} by {mail.host} port {mail.port}, TLS {mail.tls}"
                     + ("" if mail.verify else ", CERTIFICATE NOT CHECKED"))  # fmt: skip
        answers = "nobody reads replies: set 'reply' with {token}, and [notify.replies]"
        if settings.replies is not None and "{token}" in mail.sender.reply:
            answers = (
                f"replies to {mail.sender.reply} are read by {settings.replies.account} at {settings.replies.host}"
            )
            if not settings.replies.authserv_id:
                answers += "; senders are taken at their word: set 'authserv_id'"
        lines.append(f"  {answers}")
    for place, (name, one) in enumerate(settings.sms, 1):
        if isinstance(one, ElksSettings):
            lines.append(f"sms {place}: {name}, 46elks as {one.sender}"
                         + ("" if one.can_be_answered else ", which cannot be answered: use a number for that")
                         + ("" if one.receipts else ", no receipts"))  # fmt: skip
        elif isinstance(one, ModemSettings):
            lines.append(f"sms {place}: {name}, a modem by smstools in {one.spool}"
                         + ("" if (one.spool / "outgoing").is_dir() else ", WHICH IS NOT THERE"))  # fmt: skip
        else:
            lines.append(f"sms {place}: {name}, {one.method} to {one.url.partition('?')[0]}")
    if settings.webhook is not None:
        private = ", ".join(str(one) for one in settings.webhook.private)
        lines.append(f"webhook: signed, to public addresses{f' and {private}' if private else ' only'}")
    if settings.longtail is not None:
        lines.append(f"apprise: {', '.join(sorted(settings.longtail.files))}")
    if not lines:
        lines.append("nothing is set under [notify]: nobody is told of anything")
    return lines


def _test(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    way = _way(settings, arguments.channel, arguments.way)
    began = time.perf_counter()
    sent, failed = asyncio.run(_tried(way, trial(arguments.to, arguments.language, time.time())))
    took = time.perf_counter() - began
    if failed is not None:
        raise ConfigError(
            f"the message to {shown(arguments.to)} did not go out, after {took:.1f} s: {explained(failed)}"
        )
    told = f"; it is called {sent.provider!r}" if sent is not None and sent.provider else ""
    waits = ", and a receipt will say if it arrives" if sent is not None and sent.receipted else ""
    print(shown(f"taken after {took:.1f} s{told}{waits}"))
    return 0


def trial(to: str, language: str, now: float) -> "Message":
    """Return the message that is sent to try."""
    from driftvakt_collector.alert.notify.message import Message

    sv = language == "sv"
    subject = "Prov från driftvakt" if sv else "A test from driftvakt"
    text = (
        "Det här är ett prov. Inget är fel, och du behöver inte svara. Åäö ska synas rätt."
        if sv else "This is a test. Nothing is wrong, and you need not reply. These are å, ä and ö."
    )  # fmt: skip
    return Message(f"test-{secrets.token_hex(8)}", to, subject, text, f"{subject}: {text}", language, now)


def explained(failed: "DeliveryError") -> str:
    """Return an error with what it means for later messages."""
    if failed.broken:
        meaning = "the way is broken for every message until that is mended"
    elif failed.permanent:
        meaning = "trying again would not help for this address"
    else:
        wait = f" in {failed.after:g} s" if failed.after is not None else ""
        meaning = f"a real message would be tried again{wait}" + (
            "; this one may have arrived all the same" if failed.unsure else ""
        )
    return f"{failed}\n  {meaning}"


async def _tried(way: "Notifier", message: "Message") -> "tuple[Sent | None, DeliveryError | None]":
    from driftvakt_collector.alert.notify.message import DeliveryError

    try:
        return await way.send(message), None
    except DeliveryError as e:
        return None, e
    finally:
        await way.close()


def _way(settings: "NotifySettings", channel: str, name: str | None) -> "Notifier":
    from dataclasses import replace

    from driftvakt_collector.alert.notify.settings import build

    if name is not None:
        if channel != "sms":
            raise ConfigError(f"--way is for SMS; {channel} has one way")
        known = dict(settings.sms)
        if name not in known:
            raise ConfigError(f"there is no [notify.sms.{name}]; known are {', '.join(known) or 'none'}")
        settings = replace(settings, sms=((name, known[name]),))
    ways = build(settings)
    if channel not in ways:
        raise ConfigError(f"nothing is set for {channel}: write [notify.{channel}], see docs/notify.md")
    return ways[channel]


def _settings(arguments: argparse.Namespace) -> "NotifySettings":
    """Read [notify] of the collector's file."""
    from driftvakt_collector.alert.notify.settings import read
    from driftvakt_collector.trust import vault

    if arguments.config is None and arguments.data is None:
        raise ConfigError(f"where are the settings? Say --data DIR, in which {OWN_FILE} lies, or --config FILE")
    if arguments.config is None and not Path(arguments.data).expanduser().is_dir():
        raise ConfigError(f"there is no directory {arguments.data}")
    told = load(arguments)
    secret = vault.key(told.data).hex() if told.public_url else ""
    return read(told.notify, str(arguments.config or told.data / OWN_FILE), public_url=told.public_url, secret=secret)


def _addresses(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.answers import callbacks
    from driftvakt_collector.trust import vault

    told = load(arguments)
    if not told.public_url:
        raise ConfigError("'public_url' is missing in the configuration: how the gateway reaches the collector")
    secret = vault.key(told.data).hex()
    for name, _ in _settings(arguments).sms:
        print(f"{name}: SMS that come in (46elks: sms_url of the number)")
        print(f"  {told.public_url}{callbacks.path(name, callbacks.INCOMING, secret)}")
    print("Whoever has these can answer in the name of others: they are secrets.")
    return 0
