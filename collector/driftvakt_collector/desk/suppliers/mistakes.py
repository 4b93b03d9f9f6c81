"""What is wrong with how a supplier is set; pure. Every mistake, each with what to write instead."""

from urllib.parse import urlsplit

from driftvakt_collector.desk.suppliers.supplier import Kind, Secrets, Supplier, SupplierError, compiled

_LOCAL = ("localhost", "127.0.0.1", "::1")
_MOST_ANSWER, _MOST_MEND = 100_000.0, 10_000.0
_MOST_NAME, _MOST_TEXT, _MOST_ADDRESS = 255, 200, 320


def mistakes(one: Supplier, secrets: Secrets) -> list[str]:
    """Return what is wrong, by the options that say it; an empty list for nothing."""
    wrong = []
    if not 0 < len(one.name) <= _MOST_NAME or not one.name.isprintable():
        wrong.append(f"NAME is 1 to {_MOST_NAME} characters in one line")
    wrong += _of_kind(one, secrets)
    for option, value, most in (
        ("--answer-minutes", one.answer_minutes, _MOST_ANSWER), ("--mend-hours", one.mend_hours, _MOST_MEND),
    ):  # fmt: skip
        if not 0 <= value <= most:
            wrong.append(f"{option} must be 0 to {most:g}, got {value:g}")
    if one.settings.number:
        try:
            compiled(one.settings.number)
        except SupplierError as e:
            wrong.append(f"--number: {e}")
    texts = {
        "--phone": one.settings.phone, "--group": one.settings.group, "--customer": one.settings.customer,
        "--calendar": one.calendar,
    }  # fmt: skip
    wrong += [
        f"{option} is one line of at most {_MOST_TEXT} characters"
        for option, text in texts.items()
        if len(text) > _MOST_TEXT or (text and not text.isprintable())
    ]
    return wrong


def _of_kind(one: Supplier, secrets: Secrets) -> list[str]:
    wrong = []
    if one.kind is Kind.EMAIL and not _is_mailbox(one.address):
        wrong.append(f"--address must be a mailbox, as noc@supplier.example; got {one.address[:80]!r}")
    if one.kind is not Kind.EMAIL and not _is_url(one.url):
        wrong.append(f"--url must be https://…, or http:// on this machine; got {one.url[:80]!r}")
    if one.kind is Kind.GLPI and not (secrets.app and secrets.user):
        wrong.append("GLPI needs --app-token-file and --token-file")
    if one.kind is Kind.ZAMMAD and not secrets.user:
        wrong.append("Zammad needs --token-file")
    if one.kind is Kind.GENERIC and not secrets.hook:
        wrong.append("a desk of this kind needs --hook-file, with what both sides sign with")
    return wrong


def _is_mailbox(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    # What has other letters before the @ needs SMTPUTF8, which few servers take.
    plain = text.isascii() and text.isprintable() and not set(text) & set(" ,;<>\"'()") and len(text) <= _MOST_ADDRESS
    return plain and bool(local) and bool(domain)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return False
    plain = text.isprintable() and " " not in text and not parts.username and bool(host)
    return plain and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL))
