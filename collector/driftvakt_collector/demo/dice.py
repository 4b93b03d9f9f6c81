"""Chance that falls the same way each time it is asked, so that a seed names one city."""

import random


def dice(*words: object) -> random.Random:
    """Return dice that depend on these words and on nothing else."""
    return random.Random("\n".join(map(str, words)))  # noqa: S311  a demo needs no secrets of it
