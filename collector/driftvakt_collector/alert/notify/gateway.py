"""SMS by whatever gateway a city has, declared and not programmed: a request with places to fill in."""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

import httpx

from driftvakt_collector.alert.notify import http, sms
from driftvakt_collector.alert.notify.letter import one_line
from driftvakt_collector.alert.notify.message import DeliveryError, Message, Sent
from driftvakt_collector.config import ConfigError, read_secret

PLACES = ("to", "number", "text", "id", "secret")
"""What a template can hold in braces. number: `to` without its plus sign."""
FORM, JSON, XML, QUERY = "form", "json", "xml", "query"
FORMATS = (FORM, JSON, XML, QUERY)
_PLACE = re.compile(r"\{(" + "|".join(PLACES) + r")\}")
_TYPES = {
    FORM: "application/x-www-form-urlencoded",
    JSON: "application/json",
    XML: "application/xml; charset=utf-8",
}

Body = str | int | float | bool | None | list["Body"] | dict[str, "Body"]


@dataclass(frozen=True)
class GatewaySettings:
    """url, headers, body: with places like {to}. format: how the body is written: a form, JSON, XML (body is a text),

    or none, all in the URL (`query`). ok: statuses of success. failures: texts that say in a success that it is none.
    id: where the id stands in a JSON answer, as messages.0.id, empty for nowhere. secret_file: what {secret} is.
    broken: statuses that mean that nothing can be sent.
    """

    name: str
    url: str
    method: str = "POST"
    format: str = FORM
    headers: tuple[tuple[str, str], ...] = ()
    body: Body = None
    ok: tuple[int, ...] = (200, 201, 202)
    broken: tuple[int, ...] = (401, 402, 403)
    failures: tuple[str, ...] = ()
    id: str = ""
    secret_file: Path | None = None
    account: str = ""
    parts: int = 2
    seconds: float = 20.0


def filled(template: str, values: Mapping[str, str], encode: Callable[[str], str]) -> str:
    """Return a template with its places filled, each encoded; what is filled in is not looked at for places again."""
    return _PLACE.sub(lambda found: encode(values[found[1]]), template)


def _as_it_is(text: str) -> str:
    return text


def _of_structure(body: Body, values: Mapping[str, str]) -> Body:
    if isinstance(body, str):
        return filled(body, values, _as_it_is)
    if isinstance(body, list):
        return [_of_structure(one, values) for one in body]
    if isinstance(body, dict):
        return {key: _of_structure(one, values) for key, one in body.items()}
    return body


def content(settings: GatewaySettings, values: Mapping[str, str]) -> bytes:
    """Return the body of a request, with each value encoded as its form wants it."""
    if settings.format == JSON:
        return json.dumps(_of_structure(settings.body, values), ensure_ascii=False).encode("utf-8", "replace")
    if settings.format == FORM and isinstance(settings.body, dict):
        fields = {key: filled(str(one), values, _as_it_is) for key, one in settings.body.items()}
        return urlencode(fields, errors="replace").encode("ascii")
    if settings.format == XML and isinstance(settings.body, str):
        return filled(settings.body, values, lambda text: escape(text, {'"': "&quot;", "'": "&apos;"})).encode(
            "utf-8", "replace"
        )
    return b""


def found(text: str, path: str) -> str:
    """Return what stands at a path of a JSON answer, such as messages.0.id; empty where nothing does."""
    try:
        there: object = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    for step in path.split("."):
        if isinstance(there, dict):
            there = there.get(step)
        elif isinstance(there, list) and step.isdecimal() and int(step) < len(there):
            there = there[int(step)]
        else:
            return ""
    return one_line(str(there), 90) if isinstance(there, str | int) and not isinstance(there, bool) else ""


class Gateway:
    """Sends SMS as declared. now: seconds since the epoch."""

    channel = "sms"

    def __init__(self, settings: GatewaySettings, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._now = now
        self._client: httpx.AsyncClient | None = None

    async def send(self, message: Message) -> Sent:
        """Send one SMS. Raises DeliveryError."""
        told, who = self._settings, f"the gateway {self._settings.name}"
        if not sms.is_number(message.to):
            raise DeliveryError(f"{one_line(message.to, 40)!r} is no number like +46701234567", permanent=True)
        try:
            secret = read_secret(told.secret_file) if told.secret_file else ""
        except ConfigError as e:
            raise DeliveryError(str(e), broken=True) from e
        values = {
            "to": message.to, "number": message.to[1:], "id": message.id, "secret": secret,
            "text": sms.fit(message.short, told.parts, (message.incident, message.answer)),
        }  # fmt: skip
        self._client = self._client or http.client(told.seconds)
        headers = {name: filled(text, values, lambda one: one_line(one, 1000)) for name, text in told.headers}
        if told.format in _TYPES:
            headers.setdefault("Content-Type", _TYPES[told.format])
        url = filled(told.url, values, lambda one: quote(one.encode("utf-8", "replace"), safe=""))
        try:
            request = self._client.build_request(told.method, url, headers=headers, content=content(told, values))
        except (httpx.InvalidURL, UnicodeEncodeError) as e:
            raise DeliveryError(f"{who} cannot be asked: its URL or headers are not ASCII", broken=True) from e
        if told.account:
            request = next(httpx.BasicAuth(told.account, secret).auth_flow(request))
        response, text = await http.answered(self._client, request, who)
        if response.status_code in told.ok:
            if any(one.lower() in text.lower() for one in told.failures):
                raise DeliveryError(f"{who} did not take it: {http.reason(text)}", permanent=True)
            return Sent(found(text, told.id) if told.id else "")
        if response.status_code in told.broken:
            raise DeliveryError(f"{who} answered {response.status_code}: {http.reason(text)}", broken=True)
        raise http.refusal(response, text, who, self._now())

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def unknown_places(template: str) -> list[str]:
    """Return the words in braces that are no places."""
    return [one for one in re.findall(r"\{([A-Za-z_]\w*)\}", template) if one not in PLACES]
