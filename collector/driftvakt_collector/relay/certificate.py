"""How long the relay's own certificate is good for, and when it is time for the next."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from driftvakt_collector.relay.config import Config

EARLY = timedelta(days=30)
_OURS = re.compile(r"relay-\d+\.crt")


def certificate_trouble(path: Path, wall: float) -> str:
    """Return what an operator must do about a certificate, empty where nothing."""
    try:
        _, ends = _times(path)
    except (OSError, ValueError) as e:
        return f"cannot read the certificate {path}: {e}"
    if ends - datetime.fromtimestamp(wall, UTC) > EARLY:
        return ""
    return f"the certificate {path} ends on {ends:%Y-%m-%d}: driftvakt relay renew, then start the relay again"


def is_due(config: Config, wall: float) -> bool:
    """Say if more than half of its time is over, of a certificate that came with the relay's key.

    One of the operator's own is the operator's business.
    """
    path = config.tls_cert
    if path is None or not _OURS.fullmatch(path.name):
        return False
    try:
        begins, ends = _times(path)
    except (OSError, ValueError):
        return False
    return datetime.fromtimestamp(wall, UTC) > begins + (ends - begins) / 2


def _times(path: Path) -> tuple[datetime, datetime]:
    """Return from when to when it is good. Raises OSError and ValueError."""
    # Imported here: it takes a tenth of a second, once a day.
    from cryptography import x509

    found = x509.load_pem_x509_certificate(path.read_bytes())
    return found.not_valid_before_utc, found.not_valid_after_utc
