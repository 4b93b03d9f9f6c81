"""`driftvakt-agent seal`: makes this machine's disk fit to be copied, as a golden image or a template.

What is this machine's own goes: key, origin, spool, status. What stays enrols each copy by itself at its first start,
with the token that `token_file` names.
"""

import os

from driftvakt_agent import machine
from driftvakt_agent.config import ConfigError
from driftvakt_agent.disk import remove
from driftvakt_agent.inventory.captured import FILES as CAPTURED
from driftvakt_agent.launch import running
from driftvakt_agent.place import Place
from driftvakt_agent.spool_segment import SUFFIX

_STATE = "/var/lib/driftvakt-agent"
"""The unit's StateDirectory."""
_SPOOL = "spool"


def seal(place: Place, token_file: str, captured: str = "") -> list[str]:
    """Take away what is this machine's own; return the names of what went. Raises ConfigError.

    captured: the folder of what root found of it, none where it is empty.
    """
    if not place.urls():
        raise ConfigError(f"{place.config} names no collector, so there is nothing to seal")
    pid = running(place)
    if pid:
        raise ConfigError(f"the agent runs, process {pid}: stop it first, for it would write its state anew")
    gone = [
        place.text("key_file"),
        machine.NAME,
        place.text("status_file", "status.json"),
        "enrol.pending",
        "agent.log",
    ]
    settings: dict[str, object] = {"collector": place.told["collector"]}
    if place.text("ca_file"):
        settings["ca_file"] = place.text("ca_file")
    token_file = token_file or place.text("token_file")
    if token_file:
        settings["token_file"] = os.path.abspath(token_file) if os.path.exists(token_file) else token_file
    # First the configuration: a key without its name is of no use to anybody.
    place.configure(settings)
    removed = []
    for name in gone:
        if name and os.path.lexists(place.path(name)) and _is_ours(place, place.path(name)):
            place.remove(name)
            removed.append(name)
    removed += [name for name in CAPTURED if captured and _removed(os.path.join(captured, name))]
    return [*removed, *forget_spool(place)]


def _removed(path: str) -> bool:
    """Remove what is there; say if it was. Raises ConfigError."""
    if not os.path.lexists(path):
        return False
    if not remove(path):
        raise ConfigError(f"cannot remove {path}, which tells of this machine; run this as root")
    return True


def forget_spool(place: Place) -> list[str]:
    """Remove lines that wait: they are another machine's from now on."""
    spool = place.path(place.text("spool", _SPOOL))
    if not os.path.isdir(spool) or os.path.islink(spool):
        return []
    try:
        # Only what a spool holds, for the folder's name is in a file that the agent's user may write.
        for name in os.listdir(spool):
            if name in ("state", "lock") or name.endswith((SUFFIX, ".part")):
                os.unlink(os.path.join(spool, name))
        if not os.listdir(spool):
            os.rmdir(spool)
    except OSError as e:
        raise ConfigError(f"cannot remove the spool {spool}: {e.strerror}") from e
    return [os.path.basename(spool)]


def _is_ours(place: Place, path: str) -> bool:
    """Say if a file lies where an agent's files are: `seal` may run as root, and the agent's user names them."""
    real = os.path.realpath(os.path.dirname(path))
    return any(real == one or real.startswith(one + os.sep) for one in (os.path.realpath(place.folder), _STATE))
