"""The settings of SMS gateways: which there are, in which order they are tried, and how each is asked."""

import re
from collections.abc import Sequence
from pathlib import Path

from driftvakt_collector.alert.answers import callbacks
from driftvakt_collector.alert.notify import gateway as gateways
from driftvakt_collector.alert.notify import sms
from driftvakt_collector.alert.notify.elks import BASE, ElksSettings
from driftvakt_collector.alert.notify.gateway import Body, GatewaySettings
from driftvakt_collector.alert.notify.modem import ModemSettings
from driftvakt_collector.alert.notify.table import Table

SmsSettings = ElksSettings | GatewaySettings | ModemSettings
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_KINDS = ("elks", "http", "modem")


def read(table: Table, public_url: str, secret: str) -> tuple[tuple[str, SmsSettings], ...]:
    """Return the gateways of [notify.sms], the first to be tried first; mistakes go to the table."""
    order = table.texts("order")
    made: dict[str, SmsSettings] = {}
    for name in table.unread():
        one = Table(table.has(name), f"[notify.sms.{name}]", table.wrong)
        if not _NAME.fullmatch(name):
            table.wrong.append(f"{one.where}: a name is 1 to 32 of a-z, 0-9 and '-'")
        kind = one.text("kind", name if name in _KINDS else None, among=_KINDS)
        if kind == "elks":
            made[name] = _elks(one, name, public_url, secret)
        elif kind == "modem":
            made[name] = _modem(one)
        elif kind == "http":
            made[name] = _gateway(one, name)
    table.wrong += [f"{table.where}: {one}" for one in _disorder(order, list(made))]
    return tuple((name, made[name]) for name in (order or tuple(made)) if name in made)


def _disorder(order: Sequence[str], made: Sequence[str]) -> list[str]:
    """Return what is wrong with the order in which gateways are tried."""
    if not made:
        return ['name a gateway: [notify.sms.elks], [notify.sms.modem] or one of kind "http"']
    if not order:
        names = ", ".join(f'"{name}"' for name in made)
        return [f"'order' must say which is tried first: order = [{names}]"] if len(made) > 1 else []
    wrong = [f"'order' names {name!r}, and there is no [notify.sms.{name}]" for name in order if name not in made]
    left = [name for name in made if name not in order]
    return wrong + ([f"'order' leaves out {', '.join(left)}"] if left else [])


def _elks(table: Table, name: str, public_url: str, secret: str) -> ElksSettings:
    sender = table.text("sender", None)
    if sender and not sms.is_number(sender) and not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,10}", sender):
        table.mistake("sender", "a number like +46766861234, which can be answered, or 3 to 11 letters and digits")
    asked = table.flag("receipts", usual=bool(public_url))
    receipts = ""
    if asked and not public_url:
        table.wrong.append(f"{table.where}: receipts come to 'public_url': set it, or receipts = false")
    elif asked:
        receipts = public_url + callbacks.path(name, callbacks.RECEIPT, secret)
    made = ElksSettings(
        account=table.text("account", None),
        secret_file=table.secret() or Path(),
        sender=sender,
        receipts=receipts,
        base_url=table.url("base_url", BASE),
        parts=table.whole("parts", 2, 1, 6),
        seconds=table.number("seconds", 20.0, 1, 120),
    )
    table.end(["kind"])
    return made


def _modem(table: Table) -> ModemSettings:
    made = ModemSettings(
        spool=table.path("spool", exists=False) or Path("/var/spool/sms"),
        report=table.flag("report", usual=True),
        parts=table.whole("parts", 2, 1, 6),
        stuck_seconds=table.number("stuck_seconds", 300.0, 30, 3600),
    )
    table.end(["kind"])
    return made


def _gateway(table: Table, name: str) -> GatewaySettings:
    form = table.text("format", gateways.FORM, among=gateways.FORMATS)
    body = table.has("body")
    if form in (gateways.FORM, gateways.JSON) and not isinstance(body, dict):
        table.mistake("body", 'a table: body = { to = "{to}", message = "{text}" }')
    elif form == gateways.XML and not isinstance(body, str):
        table.mistake("body", "a text of XML with {to} and {text} in it")
    headers = Table(table.has("headers") or {}, f"{table.where} headers", table.wrong)
    pairs = tuple((key, headers.text(key, None, most=2000)) for key in headers.unread())
    account = table.text("account")
    made = GatewaySettings(
        name=name,
        url=table.url("url", None),
        method=table.text("method", "POST", among=("POST", "PUT", "GET")),
        format=form,
        headers=pairs,
        body=body if isinstance(body, str | dict) else None,
        ok=table.statuses("ok", (200, 201, 202)),
        broken=table.statuses("broken", (401, 402, 403)),
        failures=table.texts("failures"),
        id=table.text("id"),
        secret_file=table.secret(needed=bool(account)),
        account=account,
        parts=table.whole("parts", 2, 1, 6),
        seconds=table.number("seconds", 20.0, 1, 120),
    )
    templates = [made.url, *(text for _, text in pairs), *_texts(made.body)]
    for unknown in sorted({one for text in templates for one in gateways.unknown_places(text)}):
        table.wrong.append(f"{table.where}: '{{{unknown}}}' is no place; known are {{{'}, {'.join(gateways.PLACES)}}}")
    told = "".join(templates)
    if not made.failures and ("{text}" not in told or ("{to}" not in told and "{number}" not in told)):
        table.wrong.append(f"{table.where}: {{text}} and {{to}} or {{number}} must stand somewhere in 'url' or 'body'")
    if "{secret}" in told and made.secret_file is None:
        table.wrong.append(f"{table.where}: '{{secret}}' needs 'secret_file'")
    table.end(["kind"])
    return made


def _texts(body: Body) -> list[str]:
    if isinstance(body, str):
        return [body]
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return [text for one in inner for text in _texts(one)]
