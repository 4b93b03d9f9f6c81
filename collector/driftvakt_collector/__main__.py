"""`driftvakt`: the collector's command line."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from driftvakt_collector.commands import COMMANDS
from driftvakt_collector.config import ConfigError
from driftvakt_wire import RELEASE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code (0 done, 1 failed, 2 wrong use)."""
    arguments = _parser().parse_args(argv)
    # For the audit log; no secret is ever typed in a command line.
    arguments.typed = tuple(sys.argv[1:] if argv is None else argv)
    # What is made here holds secrets or what hosts told; nobody else on the machine needs to read it.
    before = os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    # httpx would write each URL that it asks, and those of webhooks and watchdogs hold secrets.
    for quiet in ("alembic", "uvicorn.error", "httpx", "httpcore"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
    try:
        return int(arguments.run(arguments))
    except ConfigError as e:
        print(f"driftvakt: {e}", file=sys.stderr)
    except ModuleNotFoundError as e:
        if (e.name or "").startswith("driftvakt"):
            raise
        print(
            f"driftvakt: '{e.name}' is missing, for only the agent is installed here:"
            " pip install '.[collector]' in a copy of the repository brings the rest",
            file=sys.stderr,
        )
    finally:
        os.umask(before)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="driftvakt",
        description="The collector: takes what agents report, keeps it, shows it.",
        epilog="First time: driftvakt init --data /var/lib/driftvakt && driftvakt serve --data /var/lib/driftvakt",
    )
    parser.add_argument("--version", action="version", version=f"driftvakt {RELEASE}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
