"""How hard the fault tests try: a sample in `./run test`, all of it in `./run faults`.

DRIFTVAKT_FAULTS=long switches to the long form; DRIFTVAKT_SEED is the seed that everything random comes from.
"""

import os
import sys

LONG = os.environ.get("DRIFTVAKT_FAULTS") == "long"
SEED = int(os.environ.get("DRIFTVAKT_SEED", "2026"))


def so_many(sampled: int, long: int) -> int:
    """Return how many trials there are to be."""
    return long if LONG else sampled


def again(name: str) -> str:
    """Return the line that repeats a test that failed."""
    return f"again with: DRIFTVAKT_SEED={SEED}{' DRIFTVAKT_FAULTS=long' if LONG else ''} ./run test -k {name}"


def figure(text: object) -> None:
    """Say a figure or how far the test is; seen in the long form, and when a test fails."""
    print(text, file=sys.stderr, flush=True)
