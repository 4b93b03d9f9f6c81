"""The name of one number, and which kind of agent gives it."""

from driftvakt_collector.demo.asset import Asset, Habit
from driftvakt_collector.demo.models import Family

Key = tuple[str, tuple[tuple[str, str], ...]]
"""Name and labels of a series, as driftvakt_wire.encode.series_set wants them."""


def key(name: str, /, **labels: str) -> Key:
    """Return the key of a series; labels in the order of the alphabet, as an agent gives them."""
    return name, tuple(sorted(labels.items()))


def linux(asset: Asset) -> bool:
    """Say if the asset's agent reads /proc and /sys."""
    return asset.model.system.family is Family.LINUX


def server(asset: Asset) -> bool:
    """Say if the asset's agent has the profile of a server."""
    return asset.habit is Habit.SERVER
