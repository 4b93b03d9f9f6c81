"""Whether a web server answers a request as it should (HTTP/1.1, RFC 9112).

Series and phases are those of blackbox_exporter: resolve, connect, tls, processing, transfer. Where a request is sent
on to another address, a phase is the sum over all of the way.
"""

import base64
import re
import ssl
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urljoin, urlsplit

import h11

from driftvakt_collector.poll.checks import tls
from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said
from driftvakt_collector.poll.checks.exchange import Exchange, first_of
from driftvakt_collector.poll.checks.expected import Wanted, wanted
from driftvakt_collector.poll.checks.stream import connected

MAX_BODY = 1024 * 1024
"""Bytes of a body that are read."""
MAX_REDIRECTS = 10
_METHODS = ("GET", "HEAD")
_PORTS = {"http": 80, "https": 443}
_KEPT = string.punctuation
"""What stands in a path as it is; it may be quoted already."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_DENIED = frozenset({401, 403})
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+): *([^\r\n\0]*)")


@dataclass(frozen=True, slots=True)
class Request:
    """scheme: http or https. path: with the query. headers: that are sent to this host and to no other."""

    scheme: str
    host: str
    port: int
    path: str
    method: str
    headers: Mapping[str, str]

    @property
    def authority(self) -> str:
        """Host and port as a URL has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host.encode("idna").decode("ascii")
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole of it."""
        return f"{self.scheme}://{self.authority}{self.path}"


async def probe(target: Target, course: Course) -> None:
    """Ask, follow where it sends us if we may, and compare the answer to what is wanted."""
    request, want = first(target), wanted(target)
    # A page that shows the request, as a proxy's error does, must not have it in a reason.
    course.hidden.append(request.headers.get("Authorization", "").removeprefix("Basic "))
    how = tls.context(ca=target.text("ca"), verify=target.flag("verify", default=True), alpn=("http/1.1",))
    inside: list[bool] = []
    for redirects in range(MAX_REDIRECTS + 1):
        course.tell("probe_http_redirects", redirects)
        name = target.text("server_name", request.host)
        onward = await _asked(request, how, name, want, course, inside)
        if onward is None:
            return
        if (onward.scheme, onward.host, onward.port) != (request.scheme, request.host, request.port):
            # A password is for the server that it was set for.
            onward = replace(onward, headers={})
        request = onward
    raise CheckError(Fault.ANSWER, f"it sends us on more than {MAX_REDIRECTS} times")


def first(target: Target) -> Request:
    """Return the request that the options ask for. Raises CheckError where they can't be asked for."""
    scheme = "https" if target.flag("tls") else "http"
    path, method = target.text("path", "/"), target.text("method", "GET").upper()
    if method not in _METHODS:
        raise CheckError(Fault.UNUSABLE, f"option 'method' must be one of {', '.join(_METHODS)}, got {method!r}")
    if not path.startswith("/") or not path.isprintable() or " " in path:
        raise CheckError(Fault.UNUSABLE, f"option 'path' must begin with / and have no blanks, got {path!r}")
    headers = {}
    told = target.options.get("headers", ())
    for line in told if isinstance(told, tuple) else ():
        fit = _HEADER.fullmatch(line)
        if fit is None or not line.isascii():
            raise CheckError(Fault.UNUSABLE, "option 'headers' must be texts of the form 'Name: value'")
        headers[fit[1].title()] = fit[2]
    if target.text("user"):
        account = f"{target.text('user')}:{target.secret}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(account).decode('ascii')}"
    try:
        target.host.encode("idna")
    except UnicodeError as e:
        raise CheckError(Fault.UNUSABLE, f"{said(target.host)!r} can't be the name of a host") from e
    return Request(scheme, target.host, target.port or _PORTS[scheme], quote(path, _KEPT), method, headers)


def next_of(request: Request, location: str) -> Request:
    """Return the request that an answer sends us on to. Raises CheckError where that is no address of a web page."""
    try:
        parts = urlsplit(urljoin(request.url, location))
        scheme, host, port = parts.scheme, parts.hostname, parts.port
        (host or "").encode("idna")
    except ValueError as e:
        raise CheckError(Fault.ANSWER, f"it sends us on to {said(location)!r}, which is no address") from e
    if scheme not in _PORTS or not host or not location.isprintable():
        raise CheckError(Fault.ANSWER, f"it sends us on to {said(location)!r}, which is no address of the web")
    # Servers write letters of other alphabets as they are; a header is bytes (RFC 9110, 5.5).
    path = quote(((parts.path or "/") + (f"?{parts.query}" if parts.query else "")).encode("latin-1"), _KEPT)
    return replace(request, scheme=scheme, host=host, port=port or _PORTS[scheme], path=path)


async def _asked(
    request: Request, how: ssl.SSLContext, name: str, want: Wanted, course: Course, inside: list[bool]
) -> Request | None:
    """Ask once. Return the next request where we are sent on and follow, and None where the answer is as wanted.

    inside: of each server so far, whether it is this machine. Another must not have us ask what only we can.
    """
    target = Target(request.host, request.port)
    try:
        async with connected(target, course, 4 * MAX_BODY) as stream:
            inside.append(stream.leads_inside)
            if inside[-1] and not inside[0]:
                raise CheckError(
                    Fault.ANSWER, f"it sends us on to {said(request.authority)}, which is this machine: not followed"
                )
            if request.scheme == "https":
                await stream.secure(how, name, course)
            course.tell("probe_http_ssl", float(stream.encrypted))
            tls.tell_expiry(stream.certificate, course)
            return await _answered(Exchange(stream), request, want, course)
    except ssl.SSLCertVerificationError:
        tls.tell_end(await tls.shown_anyway(target, name), course)
        raise
    except h11.RemoteProtocolError as e:
        raise CheckError(Fault.ANSWER, f"it does not speak HTTP as we do: {said(e)}") from e


async def _answered(exchange: Exchange, request: Request, want: Wanted, course: Course) -> Request | None:
    with course.phase("processing"):
        head = await exchange.asked(request.method, request.path, {"Host": request.authority, **request.headers})
    status, length = head.status_code, first_of(head, b"content-length")
    course.tell("probe_http_status_code", status)
    course.tell("probe_http_content_length", int(length) if length.isdecimal() else -1)
    course.tell("probe_http_version", float(head.http_version) if head.http_version in {b"1.0", b"1.1"} else 0)
    location = first_of(head, b"location")
    if want.follow and status in _REDIRECTS and location:
        return next_of(request, location)
    if "Authorization" in request.headers and status in _DENIED and not want.status_is_good(status):
        raise CheckError(Fault.DENIED, f"it does not let the account in: {status}")
    with course.phase("transfer"):
        body = await exchange.body(MAX_BODY)
    want.compare(status, head.reason.decode("latin-1"), body, course)
    return None


CHECK = Check(
    name="http",
    help="A web server answers a request as it should.",
    probe=probe,
    phases="probe_http_duration_seconds",
    options=(
        Option("path", str, "what to ask for, with the query; / if it is not set"),
        Option("method", str, f"{' or '.join(_METHODS)}, GET if it is not set"),
        Option("expect_status", tuple, "status codes that are good: 200, 200-204 or 2xx; 2xx if it is not set"),
        Option("expect_text", str, "a regular expression that must be in the first megabyte"),
        Option("not_text", str, "a regular expression that must not be in the first megabyte"),
        Option("follow_redirects", bool, f"whether to go where it sends us, up to {MAX_REDIRECTS} times"),
        Option("headers", tuple, "lines to send of the form 'Name: value', and Host among them"),
        Option("user", str, "the account to log in with (Basic, RFC 7617); its password is the secret"),
        Option("tls", bool, "whether to ask by https"),
        tls.CA,
        tls.VERIFY,
        tls.SERVER_NAME,
    ),
)
