"""A supplier's webhook, whatever desk it is of."""

from collections.abc import Callable, Mapping

from driftvakt_collector.desk.suppliers.supplier import Kind
from driftvakt_collector.desk.suppliers.update import Update, UpdateError
from driftvakt_collector.desk.suppliers.webhooks import body, generic, glpi, zammad

_READERS: Mapping[Kind, Callable[[Mapping[str, str], bytes, str, float], Update | None]] = {
    Kind.GLPI: glpi.read,
    Kind.ZAMMAD: zammad.read,
    Kind.GENERIC: generic.read,
}


def read(kind: Kind, headers: Mapping[str, str], raw: bytes, secret: str, now: float) -> Update | None:
    """Return what a webhook tells, None for nothing that matters. headers: by names in lower case.

    Raises UpdateError, also for a supplier that has no webhook.
    """
    reader = _READERS.get(kind)
    if reader is None:
        raise UpdateError("this supplier answers by mail and has no webhook", 404)
    if len(raw) > body.MOST_BYTES:
        raise UpdateError(f"a webhook has at most {body.MOST_BYTES} bytes", 413)
    return reader(headers, raw, secret, now)
