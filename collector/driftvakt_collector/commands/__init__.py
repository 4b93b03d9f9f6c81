"""The commands of `driftvakt`, a file a noun; COMMANDS is the one table, in the order of the help."""

from driftvakt_collector.commands import (
    applications,
    assets,
    check,
    coverage,
    demo,
    hosts,
    init,
    keys,
    login,
    relay,
    serve,
    tokens,
)

COMMANDS = (init, tokens, hosts, assets, applications, coverage, serve, relay, check, demo, login, keys)
"""Each module has `add(commands)`, which declares its commands and sets `run` to what does them."""
