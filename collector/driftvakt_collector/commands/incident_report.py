"""`driftvakt incident report`: the incidents of a time for the executive office, as a file and as figures."""

import argparse
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from driftvakt_collector.commands.common import add_data, read_store, shown
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from driftvakt_collector.desk.follow import Report

_EXAMPLE = """Example: driftvakt incident report --from 2026-11-01 --to 2026-11-30 --administration SLK --csv nov.csv
The days are those of Stockholm; both are within. It names no person."""


def add(nouns: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command below `driftvakt incident`."""
    parser = nouns.add_parser(
        "report", help="incidents of a time, as CSV, and figures of each administration",
        description="Lists the incidents that opened in a time, and sums them up by administration.", epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--from", dest="begin", required=True, metavar="DAY", help="the first day, like 2026-11-01")
    parser.add_argument("--to", dest="end", required=True, metavar="DAY", help="the last day")
    parser.add_argument(
        "--administration", action="append", metavar="NAME", help="only of this one; may be given more than once"
    )
    parser.add_argument("--csv", metavar="FILE", help="where the list goes; - for the standard output")
    parser.add_argument("--language", choices=("sv", "en"), default="sv", help="of the columns (default: sv)")
    add_data(parser)
    parser.set_defaults(run=_report)


def _report(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.calendars.book import Calendars
    from driftvakt_collector.alert.surroundings import OFFICE
    from driftvakt_collector.alert.wall_clock import STOCKHOLM, moment, zone_of
    from driftvakt_collector.console.sheet import Sheet, as_csv
    from driftvakt_collector.desk import follow
    from driftvakt_collector.store import plans

    zone = zone_of(STOCKHOLM)
    first, last = _day(arguments.begin, "--from"), _day(arguments.end, "--to")
    if last < first:
        raise ConfigError(f"--to {last} is before --from {first}: write the first day first")
    begin, end = moment(first, 0, zone), moment(last + timedelta(days=1), 0, zone)

    def read(connection: "Connection") -> "Report":
        calendars = Calendars(plans.versions(connection, "calendar"))

        def in_office(at: float) -> bool:
            found = calendars.calendar(OFFICE, at)
            return found is None or found.is_open(at)

        return follow.report(connection, begin, end, in_office, arguments.language, arguments.administration)

    found = read_store(arguments, read)
    if arguments.csv:
        raw = as_csv(Sheet("incidents", found.columns, found.rows))
        if arguments.csv == "-":
            sys.stdout.buffer.write(raw)
            sys.stdout.buffer.flush()
        else:
            try:
                Path(arguments.csv).write_bytes(raw)
            except OSError as e:
                raise ConfigError(f"cannot write {arguments.csv}: {e.strerror}") from e
    if arguments.csv != "-":
        _say(found)
    if found.is_cut:
        print(f"driftvakt: there are more than {len(found.rows)} incidents; the list ends there", file=sys.stderr)
    return 0


def _say(found: "Report") -> None:
    print("  ".join(found.figure_columns))
    for row in found.figures:
        print(shown("  ".join("-" if cell is None or cell == "" else str(cell) for cell in row)))
    if not found.figures:
        print("no incident was opened in that time")


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as e:
        raise ConfigError(f"{option} {text[:40]!r} is no day: write it like 2026-11-01") from e
