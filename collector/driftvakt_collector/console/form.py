"""A small posted form, and whether it came from our own page."""

from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

MAX_BYTES = 8192


class FormError(Exception):
    """The form can't be taken; the text says why. `status`: what the answer carries."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form that one of our own pages posted. Raises FormError."""
    if not from_here(request):
        raise FormError(403, "This form was not sent from a page of this console, so it is not taken.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise FormError(413, f"A form of this console is at most {MAX_BYTES} bytes.")
    try:
        fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    except ValueError as e:
        raise FormError(400, "This form has more fields than any of this console.") from e
    return dict(fields)


def from_here(request: Request) -> bool:
    """Say if the browser vouches that one of our own pages sent this; every browser says one of the two."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return site is not None
    try:
        return urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower() != ""
    except ValueError:
        return False


def local_path(text: str) -> str:
    """Return where to go after the login: a path of this console, "/" for anything else."""
    if not text.startswith("/") or text.startswith("//") or len(text) > 2000:
        return "/"
    # A browser reads "\" as "/" and drops tabs and newlines, so either could turn a path into another host.
    if "\\" in text or not (text.isprintable() and text.isascii()):
        return "/"
    return text
