"""`driftvakt demo`: a made-up city that reports."""

import argparse

from driftvakt_collector import config


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    demo = commands.add_parser("demo", help="run the collector with a simulated city that reports to it")
    demo.add_argument(
        "--data", metavar="DIR", default="var/demo", help="directory that is made anew (default: var/demo)"
    )
    demo.add_argument("--port", type=int, default=8180, help="port to serve on, 0 for a free one (default: 8180)")
    demo.add_argument("--size", type=int, default=2000, help="assets, 50 to 100000 (default: 2000)")
    demo.add_argument("--seed", type=int, default=1, help="which city; the same number, the same city (default: 1)")
    demo.add_argument("--speed", type=float, default=1.0, help="days of the city in a day (default: 1)")
    demo.add_argument("--at", type=_hour, metavar="HH:MM", help="its time of day, on a working day (default: now)")
    demo.add_argument("--interval", type=float, default=60.0, help="seconds between two reports (default: 60)")
    demo.set_defaults(run=_demo)


def _demo(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.demo.show import Show, run

    show = Show(arguments.seed, arguments.size, arguments.interval, arguments.speed, arguments.at)
    return run(config.load(None, {"data": arguments.data, "port": arguments.port}), show)


def _hour(text: str) -> float:
    hours, _, minutes = text.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60):
        raise argparse.ArgumentTypeError(f"a time of day is written as 09:30, got {text!r}")
    return int(hours) + int(minutes) / 60
