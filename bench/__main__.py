"""`./run bench`: measures, prints a table, writes the same as JSON beside it."""

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench import (
    agent,
    herd,
    ingest,
    inventory,
    metrics,
    morning,
    paging,
    poll,
    relay,
    restart,
    rules,
    silence,
    stocktaking,
    topology,
)

_OUT = Path(__file__).parent / "out"
_SCALED = {
    "herd": herd.measure,
    "ingest": ingest.measure,
    "inventory": inventory.measure,
    "metrics": metrics.measure,
    "morning": morning.measure,
    "paging": paging.measure,
    "poll": poll.measure,
    "relay": relay.measure,
    "restart": restart.measure,
    "rules": rules.measure,
    "silence": silence.measure,
    "stocktaking": stocktaking.measure,
    "topology": topology.measure,
}
MEASURES = ("agent", *_SCALED)


def main() -> int:
    """Run the measures that were asked for; return 0."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"{', '.join(MEASURES)} (default: all)")
    parser.add_argument("--scale", type=float, default=1.0, help="less than 1 for a quick look (default: 1)")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long the agents are watched (default: 1)")
    parser.add_argument("--interval", type=float, default=1.0, help="seconds between their reports (default: 1)")
    arguments = parser.parse_args()
    unknown = set(arguments.measures) - set(MEASURES)
    if unknown:
        parser.error(f"there is no measure {sorted(unknown)[0]!r}; there are {', '.join(MEASURES)}")
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} CPUs,", end=" ")
    print(f"load {os.getloadavg()[0]:.1f}")
    cores = os.sched_getaffinity(0)
    results: dict[str, dict[str, object]] = {}
    for name in arguments.measures or MEASURES:
        print(f"\n{name}: measuring…", file=sys.stderr, flush=True)
        if name == "agent":
            results[name] = agent.measure(arguments.minutes, arguments.interval)
        else:
            results[name] = _SCALED[name](arguments.scale)
        os.sched_setaffinity(0, cores)
        print(f"\n{name}")
        for key, value in results[name].items():
            shown = f"{value:,}" if isinstance(value, int | float) else str(value)
            print(f"  {key:<58} {shown:>16}")
    _OUT.mkdir(exist_ok=True)
    path = _OUT / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}.json"
    told = {"platform": platform.platform(), "results": results}
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    print(f"\nas JSON: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
