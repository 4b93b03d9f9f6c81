"""What a job tells: the last word of the address it calls, and what it prints. Pure."""

import re
from enum import Enum
from typing import NamedTuple

from driftvakt_wire.privacy import Mask

MAX_OUTPUT = 10_000
"""Bytes of what a job prints that are kept."""
_LEFT_OUT = "(a line that tells of a person)"
_COLOURS = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
"""What a terminal takes as an order: colours, titles, the place of the cursor."""
_CODE = re.compile(r"-?[0-9]{1,10}")
_KILLED = re.compile(r"[A-Z][A-Z0-9+]{1,11}")


class Kind(Enum):
    """What happened to a job."""

    START = "start"
    SUCCESS = "success"
    FAILURE = "failure"


class Signal(NamedTuple):
    """why: what a failure says of itself, in a few words; empty for none."""

    kind: Kind
    why: str = ""


def signal_of(word: str) -> Signal | None:
    """Return what the last part of the address means, None for nothing that we know.

    Nothing, 0 and success are a success; fail and every other number a failure. Windows has exit codes below 0 and
    above 255, and systemd writes the name of the signal that ended a job, like TERM, where others have its number.
    """
    if word in ("", "success"):
        return Signal(Kind.SUCCESS)
    if word in ("start", "fail"):
        return Signal(Kind.START if word == "start" else Kind.FAILURE)
    if _CODE.fullmatch(word):
        return Signal(Kind.FAILURE, f"exit code {int(word)}") if int(word) else Signal(Kind.SUCCESS)
    return Signal(Kind.FAILURE, f"signal {word}") if _KILLED.fullmatch(word) else None


def output_of(body: bytes, mask: Mask | None) -> str:
    """Return what a job printed as plain lines. mask: takes persons out, None where they may be told."""
    text = _COLOURS.sub("", _decoded(body)).replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(one if one.isprintable() or one == "\n" else " " if one.isspace() else "" for one in text)
    lines = [line.rstrip() for line in plain.strip().split("\n")]
    if mask is not None:
        # A mask ends what it stands in; so each line is looked at by itself, and then what two of them say together.
        lines = [line if mask.text(line) == line else _LEFT_OUT for line in lines]
        return mask.text("\n".join(lines))
    return "\n".join(lines)


def _decoded(body: bytes) -> str:
    kept = body[:MAX_OUTPUT]
    # A letter may be cut in two at the end.
    for cut in range(4 if len(body) > MAX_OUTPUT else 1):
        try:
            return kept[: len(kept) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
    # What Windows PowerShell 5 sends.
    return kept.decode("cp1252", "replace")
