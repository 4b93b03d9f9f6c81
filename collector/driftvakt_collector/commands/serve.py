"""`driftvakt serve`: runs the collector."""

import argparse
from pathlib import Path

from driftvakt_collector.commands.common import load


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    serve = commands.add_parser("serve", help="run the collector")
    serve.add_argument("--config", type=Path, metavar="FILE", help="TOML file; what the command line says goes first")
    serve.add_argument("--data", metavar="DIR", help="directory for everything that is kept")
    serve.add_argument("--listen", help="address to serve on (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, help="port to serve on, 0 for a free one (default: 8180)")
    serve.set_defaults(run=_serve)


def _serve(arguments: argparse.Namespace) -> int:
    import uvloop

    from driftvakt_collector.serve import serve

    return int(uvloop.run(serve(load(arguments))))
