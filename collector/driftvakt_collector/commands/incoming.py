"""`driftvakt incoming`: other systems that may send us their alerts: Alertmanager and Grafana."""

import argparse
import re
import secrets
import time

from driftvakt_collector.commands.common import add_data, load, moment, read_store, shown, write_store
from driftvakt_collector.config import Config, ConfigError

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_KINDS = ("alertmanager", "grafana")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    incoming = commands.add_parser(
        "incoming", help="systems that send us their alerts, Alertmanager and Grafana: add, list, renew, remove",
        description="What Alertmanager or Grafana sends by webhook becomes an alert like our own: one a fingerprint,"
        " closed when it is resolved. Each system has a name and a token of its own, and a zone whose hosts its alerts"
        " may be about.",
    )  # fmt: skip
    whats = incoming.add_subparsers(required=True, metavar="WHAT")
    adding = whats.add_parser(
        "add", help="take alerts of a system; its token is printed once and kept nowhere",
        epilog="Example: driftvakt incoming add prometheus --zone adm --kind alertmanager --data DIR",
    )  # fmt: skip
    add_data(adding)
    adding.add_argument("name", metavar="NAME", help="what to call it: a-z, 0-9 and '-'")
    adding.add_argument("--kind", required=True, choices=_KINDS, help="what it is")
    adding.add_argument("--zone", default="adm", help="zone whose hosts its alerts may be about (default: adm)")
    adding.add_argument("--administration", default="", help="whose an alert is that is about none of our hosts")
    _add_url(adding)
    adding.set_defaults(run=_add)
    listing = whats.add_parser("list", help="show the systems, when they last sent something, and what was wrong")
    add_data(listing)
    listing.set_defaults(run=_list)
    renew = whats.add_parser("renew", help="give a system another token; the old one is good no more")
    add_data(renew)
    renew.add_argument("name", metavar="NAME")
    _add_url(renew)
    renew.set_defaults(run=_renew)
    remove = whats.add_parser("remove", help="take nothing of a system any more")
    add_data(remove)
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(run=_remove)


def _add_url(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--url", default="", metavar="URL", help="how it reaches the collector, like https://collector.example:8443"
    )


def _add(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import incoming, zones
    from driftvakt_collector.store.incoming import IncomingRow

    told = load(arguments)
    wrong = []
    if not _NAME.fullmatch(arguments.name):
        wrong.append(f"a name is 1 to 64 of a-z, 0-9 and '-', got {shown(arguments.name[:64])!r}")
    if arguments.zone not in (known := zones.load(told.data)):
        wrong.append(f"there is no zone {arguments.zone!r}; known are {', '.join(sorted(known))}")
    if len(arguments.administration) > 255:
        wrong.append("'--administration' is too long: 255 characters at most")
    if wrong:
        raise ConfigError("cannot add this system:\n" + "\n".join(f"  - {text}" for text in wrong))
    base = _base(told, arguments.url, arguments.zone)
    token = secrets.token_urlsafe(32)
    row = IncomingRow(
        arguments.name, arguments.kind, arguments.zone, arguments.administration, incoming.mark_of(token), time.time()
    )
    if not write_store(arguments, lambda one: incoming.add(one, row)):
        raise ConfigError(
            f"there is a system called {row.name!r} already; for another token: driftvakt incoming renew {row.name}"
        )
    _show(row.kind, row.name, base, token)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import incoming

    rows = read_store(arguments, incoming.load)
    if not rows:
        print("no system sends us alerts yet: driftvakt incoming add NAME --kind alertmanager")
    for row in rows:
        whose = f" {row.administration}" if row.administration else ""
        last = "nothing came yet" if row.last_at is None else f"last came {moment(row.last_at)}"
        print(shown(f"{row.name}  {row.kind}  {row.zone}{whose}  {last}; token of {moment(row.changed_at)}"))
        if row.last_error:
            print(shown(f"  {row.last_error}"))
    return 0


def _renew(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import incoming

    rows = {row.name: row for row in read_store(arguments, incoming.load)}
    row = rows.get(arguments.name)
    if row is None:
        raise ConfigError(f"there is no system {shown(arguments.name[:64])!r}: driftvakt incoming list")
    base = _base(load(arguments), arguments.url, row.zone)
    token = secrets.token_urlsafe(32)
    write_store(arguments, lambda one: incoming.renew(one, row.name, incoming.mark_of(token), time.time()))
    _show(row.kind, row.name, base, token)
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import incoming

    if not write_store(arguments, lambda one: incoming.remove(one, arguments.name)):
        raise ConfigError(f"there is no system {shown(arguments.name[:64])!r}: driftvakt incoming list")
    print(shown(f"nothing of {arguments.name} is taken any more; what it raised stays until it is closed by hand"))
    return 0


def _base(told: Config, url: str, zone: str) -> str:
    """Return how the collector is reached: as the command says, else as its configuration lets guess."""
    from driftvakt_collector.trust.keeping import machine_names

    if url:
        if not url.startswith(("http://", "https://")):
            raise ConfigError(f"'--url {shown(url)}' must begin with https:// or http://")
        return url.rstrip("/")
    for one in told.zones:
        if one.name == zone:
            return f"https://{(one.names or machine_names())[0]}:{one.port or 'PORT'}"
    return f"http{'s' if told.tls_cert else ''}://{machine_names()[0]}:{told.port or 'PORT'}"


def _show(kind: str, name: str, base: str, token: str) -> None:
    """Show the address and the token, this once, and lines to copy."""
    url = f"{base}/v1/incoming/{kind}/{name}"
    print(f"Its token, which is shown only now and is a secret:\n  {token}\n")
    if kind == "alertmanager":
        print(f"""In alertmanager.yml; the token stands alone in the file:
  receivers:
    - name: driftvakt
      webhook_configs:
        - url: {url}
          send_resolved: true
          http_config:
            authorization:
              credentials_file: /etc/prometheus/driftvakt.token""")
    else:
        print(f"""In Grafana, Alerting, Contact points, Add contact point, Integration: Webhook
  URL: {url}
  HTTP Method: POST
  Authorization Header, Scheme: Bearer    Credentials: the token""")
    print("\nWith the certificate of a zone's own authority the sender needs that authority: see docs/alertmanager.md.")
