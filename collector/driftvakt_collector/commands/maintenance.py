"""`driftvakt maintenance`: windows of planned work, once or again and again, in which alerts page nobody."""

import argparse

from driftvakt_collector.commands import muting, scoping
from driftvakt_collector.commands.common import add_data, shown
from driftvakt_collector.config import ConfigError

_KIND = "maintenance"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    noun = commands.add_parser(
        _KIND, help="windows of planned work, in which alerts page nobody: add, list, end",
        description="Alerts that lie in a window are recorded and shown, and page nobody. One that is still there"
        " when the window ends is paged then.",
    )  # fmt: skip
    whats = noun.add_subparsers(required=True, metavar="WHAT")
    adding = whats.add_parser(
        "add", help="plan a window",
        epilog="Examples: driftvakt maintenance add --from '2026-12-01 22:00' --for 4h --site Farsta --reason 'new"
        " switch' --data DIR · driftvakt maintenance add --every 'monthly 2nd tue +1d 20:00' --for 4h --class server"
        " --reason 'updates of Windows' --data DIR",
    )  # fmt: skip
    add_data(adding)
    scoping.add(adding)
    muting.add_when(adding)
    muting.add_why(adding)
    adding.set_defaults(run=_add)
    muting.add_rest(whats, _KIND)


def _add(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert import mute as mutes

    window = muting.made(arguments, _KIND)
    frozen = mutes.conflicts(window, muting.known(arguments, "freeze"))
    # What is over can't be moved any more: it is written down as it was.
    if frozen and window.recurrence is None and window.span.end > window.made_at:
        freeze, span = frozen[0]
        raise ConfigError(
            f"cannot plan it: it lies in {shown(muting.named(freeze, span))}. Plan it before or after that. If it"
            " can't wait, silence what it touches: driftvakt silence add. If the freeze is no longer needed:"
            f" driftvakt freeze end {freeze.id}"
        )
    window = muting.keep(arguments, window)
    muting.tell(arguments, window)
    if window.span.end <= window.made_at and window.recurrence is None:
        print("  it is in the past: it counts where the past is reckoned anew, and pages that went out stay")
    for freeze, span in frozen:
        what = "rests" if window.recurrence is not None else "lies"
        print(shown(f"  it {what} in {muting.named(freeze, span)}"))
    return 0
