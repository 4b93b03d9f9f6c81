"""`driftvakt asset`: which things there are, why, and how an operator puts it right."""

import argparse
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from driftvakt_collector.commands.common import add_data, moment, shown, who, write_store
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from driftvakt_collector.fleet.book import SqlBook
    from driftvakt_collector.fleet.identity.decide import Asset
    from driftvakt_collector.fleet.register import Noted

T = TypeVar("T")
_LISTED = 200
_DIGITS = 17


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "asset", help="which machines there are and why; merge, split, undo",
        description="A machine that is installed anew, renamed or mended stays the same asset. The collector decides "
        "by serial numbers, network cards and disks, and writes down why; it asks where it can't know.",
    )  # fmt: skip
    assets = parser.add_subparsers(required=True, metavar="WHAT")
    listing = assets.add_parser("list", help="show assets, the newest first")
    add_data(listing)
    listing.add_argument("find", nargs="?", default="", help="a part of a serial number, address, UUID or name")
    listing.set_defaults(run=_list)
    show = assets.add_parser("show", help="show what an asset is known by, who stands on it, and every decision")
    add_data(show)
    show.add_argument("asset", metavar="ASSET", help="number of an asset, or origin of a host")
    show.set_defaults(run=_show)
    questions = assets.add_parser("questions", help="show what waits for your decision")
    add_data(questions)
    questions.set_defaults(run=_questions)
    merge = assets.add_parser("merge", help="say that two assets are one thing")
    add_data(merge)
    merge.add_argument("into", type=_number, metavar="ASSET", help="the asset that stays, with its number")
    merge.add_argument("other", type=_number, metavar="OTHER", help="the asset whose hosts come to it")
    merge.set_defaults(run=_merge)
    split = assets.add_parser("split", help="say that a host is a thing of its own")
    add_data(split)
    split.add_argument("origin", metavar="ORIGIN", help="the host, as 'host list' shows it")
    split.set_defaults(run=_split)
    apart = assets.add_parser("apart", help="answer a question: no, they are two things")
    add_data(apart)
    apart.add_argument("origin", metavar="ORIGIN", help="the host that the question is about")
    apart.set_defaults(run=_apart)
    undo = assets.add_parser("undo", help="put back what a decision moved, for good")
    add_data(undo)
    undo.add_argument("decision", type=_number, metavar="DECISION", help="its number, as 'asset show' shows it")
    undo.set_defaults(run=_undo)


def _number(text: str) -> int:
    """Return the number of an asset or decision; more than a store can count is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise argparse.ArgumentTypeError(f"{shown(text)!r} is no number; 'driftvakt asset list' shows them")
    return int(text)


def _list(arguments: argparse.Namespace) -> int:
    found = _do(arguments, lambda book: book.listing(arguments.find, _LISTED + 1))
    for asset in found[:_LISTED]:
        print(shown(_line(asset)))
    if len(found) > _LISTED:
        print(f"and more; name a part of what you look for: driftvakt asset list {arguments.find or 'SERIAL'}")
    if not found:
        print("no asset is known by that" if arguments.find else
              "there is no asset yet; a host gets one some minutes after its first inventory")  # fmt: skip
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.fleet.identity.keys import TITLES

    asset, history = _do(arguments, lambda book: _find(book, arguments.asset))
    print(shown(_line(asset)))
    for kind, title in TITLES.items():
        for key in sorted(key for key in asset.keys if key.kind == kind):
            print(shown(f"  {title}: {key.value}"))
    for one in sorted(asset.sources, key=lambda one: -one.since):
        put = ", put there by an operator" if one.pinned else ""
        print(shown(f"  {one.source} stands on it since {moment(one.since)}{put}"))
    for noted in history:
        moves = ", ".join(
            one.source if one.begin == one.end else f"{one.source} {one.begin or 'new'} → {one.end}"
            for one in noted.moves
        )
        undone = " (undone)" if noted.undone else ""
        print(shown(f"  decision {noted.id}, {moment(noted.at)}: {noted.action} {moves}{undone}: {noted.text}"))
    return 0


def _questions(arguments: argparse.Namespace) -> int:
    rows = _do(arguments, lambda book: book.questions())
    for row in rows:
        print(shown(f"{moment(row.at)}  {row.source} on asset {row.home}: is that asset {row.asset}?"))
    print("driftvakt asset merge ASSET OTHER says yes, driftvakt asset apart ORIGIN says no" if rows else
          "nothing waits for you")  # fmt: skip
    return 0


def _merge(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.fleet import register

    into, other = arguments.into, arguments.other
    number = _do(arguments, lambda book: register.merge(book, into, other, who(), time.time()))
    print(f"asset {other} is asset {into} now; 'driftvakt asset undo {number}' takes that back")
    return 0


def _split(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.fleet import register

    origin = arguments.origin

    def work(book: "SqlBook") -> tuple[int, int]:
        return register.split(book, origin, who(), time.time()), book.home(origin)

    number, home = _do(arguments, work)
    print(shown(f"{origin} is asset {home} now; 'driftvakt asset undo {number}' takes that back"))
    return 0


def _apart(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.fleet import register

    origin = arguments.origin
    count = _do(arguments, lambda book: register.answer_no(book, origin, time.time()))
    print(shown(f"{origin} stays a thing of its own; {count} question{'' if count == 1 else 's'} answered"))
    return 0


def _undo(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.fleet import register

    number = _do(arguments, lambda book: register.undo(book, arguments.decision, who(), time.time()))
    print(f"decision {arguments.decision} is undone by decision {number}")
    return 0


def _find(book: "SqlBook", text: str) -> "tuple[Asset, list[Noted]]":
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else book.home(text)
    found = book.assets((number,))
    if not found:
        raise ConfigError(f"there is no asset {shown(text)!r}, nor a host of that origin that stands on one")
    return found[0], book.history(number)


def _do(arguments: argparse.Namespace, work: "Callable[[SqlBook], T]") -> T:
    """Work with the register. Raises ConfigError for what can't be done."""
    from driftvakt_collector.fleet.book import SqlBook
    from driftvakt_collector.fleet.register import RegisterError

    try:
        return write_store(arguments, lambda connection: work(SqlBook(connection)))
    except RegisterError as e:
        raise ConfigError(shown(str(e))) from e


def _line(asset: "Asset") -> str:
    from driftvakt_collector.fleet.book import name_of
    from driftvakt_collector.fleet.identity.keys import SERIAL

    serial = next((key.value for key in sorted(asset.keys) if key.kind == SERIAL), "no serial number")
    names = name_of(asset) or "nothing installed"
    return f"asset {asset.number}  {serial}  {names}  zone {asset.zone}" + (
        f", {asset.virtual}" if asset.virtual else ""
    )
