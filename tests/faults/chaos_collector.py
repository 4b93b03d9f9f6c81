"""Faults of the chaos run: what happens to the collector."""

from chaos import HOUR, Chaos


def collector_killed(chaos: Chaos) -> str:
    chaos.world.collector.crash()
    chaos.later(3, 900, chaos.world.collector.start)
    return ""


def collector_killed_before_commit(chaos: Chaos) -> str:
    return _collector_dies(chaos, after=False)


def collector_killed_after_commit(chaos: Chaos) -> str:
    return _collector_dies(chaos, after=True)


def _collector_dies(chaos: Chaos, *, after: bool) -> str:
    node = chaos.world.collector
    if node.app is None:
        return ""
    if after:
        node.app.journal.die_after = True  # type: ignore[attr-defined]
    else:
        node.app.journal.die_before = True  # type: ignore[attr-defined]
    chaos.later(30, 300, _collector_again, chaos)
    return "collector"


def _collector_again(chaos: Chaos) -> None:
    chaos.world.collector.crash()
    chaos.world.collector.start()


def collector_stopped(chaos: Chaos) -> str:
    chaos.world.task(chaos.world.collector.stop())
    chaos.later(5, 600, chaos.world.collector.start)
    return "collector"


def collector_disk_full(chaos: Chaos) -> str:
    chaos.world.collector.set_full(True)
    chaos.later(30, 1200, chaos.world.collector.set_full, False)
    return "collector"


def collector_suspended(chaos: Chaos) -> str:
    chaos.world.collector.frozen_until = chaos.lasting(30, 600)
    return "collector"


def collector_clock(chaos: Chaos) -> str:
    node = chaos.world.collector
    node.skew = chaos.chance.uniform(-3, 3) * 24 * HOUR
    chaos.later(300, 2 * HOUR, setattr, node, "skew", 0.0)
    return "collector"


def snapshot_lost(chaos: Chaos) -> str:
    """The collector dies, and what it had written down of the fleet is damaged."""
    node = chaos.world.collector
    node.crash()
    for path in sorted(node.folder.glob("fleet.*")):
        if chaos.chance.random() < 0.6:
            data = path.read_bytes()
            path.write_bytes(data[: chaos.chance.randrange(len(data))])
    chaos.later(3, 300, node.start)
    return "collector"
