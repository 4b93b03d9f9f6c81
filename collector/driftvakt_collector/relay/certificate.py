"""How long the relay's own certificate is good for."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

EARLY = timedelta(days=30)


def certificate_trouble(path: Path, wall: float) -> str:
    """Return what an operator must do about a certificate, empty where nothing."""
    from cryptography import x509

    try:
        ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as e:
        return f"cannot read the certificate {path}: {e}"
    if ends - datetime.fromtimestamp(wall, UTC) > EARLY:
        return ""
    return f"the certificate {path} ends on {ends:%Y-%m-%d}: driftvakt relay renew, then start the relay again"
