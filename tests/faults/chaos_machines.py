"""Faults of the chaos run: what happens to a machine, its disk and its clock."""

import shutil

from chaos import HOUR, Chaos
from world_agent import Machine
from world_disk import Mood


def killed(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.kill()
    return machine.name


def killed_at_its_disk(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.platter.kill_in = 1 + int(20 * chaos.chance.random() ** 2)
    return machine.name


def power_cut(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.kill()
    return f"{machine.name} {machine.platter.power_cut()}"


def power_cut_at_its_disk(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.platter.kill_in = 1 + int(20 * chaos.chance.random() ** 2)
    machine.power_fails = True
    return machine.name


def clean_stop(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.stop()
    return machine.name


def suspended(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.frozen_until = chaos.lasting(60, 3000)
    return machine.name


def _disk(chaos: Chaos, mood: Mood, longest: float) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.platter.mood = mood
    chaos.later(60, longest, setattr, machine.platter, "mood", Mood.WELL)
    return machine.name


def disk_full(chaos: Chaos) -> str:
    return _disk(chaos, Mood.FULL, HOUR)


def disk_read_only(chaos: Chaos) -> str:
    return _disk(chaos, Mood.READ_ONLY, HOUR)


def disk_broken(chaos: Chaos) -> str:
    return _disk(chaos, Mood.BROKEN, HOUR)


def spool_deleted(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    held = machine.agent.delivery.custody if machine.agent is not None else None
    machine.kill()
    for origin, epoch, _ in chaos.world.book.made:
        if origin == machine.config.origin:
            chaos.world.book.destroyed.setdefault((origin, epoch), "the spool was deleted")
    if held is not None:
        chaos.world.book.destroyed.setdefault((machine.config.origin, held.epoch), "the spool was deleted")
    shutil.rmtree(machine.folder, ignore_errors=True)
    return machine.name


def bit_flip(chaos: Chaos) -> str:
    machine = _with_files(chaos)
    if machine is None:
        return ""
    path = chaos.chance.choice(machine.files())
    data = bytearray(path.read_bytes())
    if not data:
        return ""
    at = chaos.chance.randrange(len(data))
    data[at] ^= 1 << chaos.chance.randrange(8)
    path.write_bytes(data)
    return f"{machine.name} {path.name} {at}"


def tail_lost(chaos: Chaos) -> str:
    """A file of the spool lost its end while the machine was off."""
    machine = _with_files(chaos)
    if machine is None:
        return ""
    machine.kill()
    if not machine.files():
        return ""
    path = machine.files()[-1]
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(chaos.chance.randrange(size) if size else 0)
    return f"{machine.name} {path.name}"


def _with_files(chaos: Chaos) -> Machine | None:
    found = [one for one in chaos.world.machines.values() if one.alive and not one.retired and one.files()]
    return chaos.chance.choice(found) if found else None


def rolled_back(chaos: Chaos) -> str:
    """A virtual machine is put back to what it was a while ago."""
    machine = chaos.machine()
    if machine is None or machine.doubtful or not machine.folder.is_dir():
        return ""
    image = chaos.world.folder / "images" / f"{machine.name}-{chaos.world.loop.time():.0f}"
    machine.copy_disk(image)
    chaos.later(120, 2 * HOUR, _put_back, chaos, machine, image)
    return machine.name


def _put_back(chaos: Chaos, machine: Machine, image: object) -> None:
    machine.kill()
    machine.doubtful = True
    machine.put_back(image)  # type: ignore[arg-type]
    machine.power_fails = False
    chaos.world.book.fault("the machine is back at its old state", machine.name)


def cloned(chaos: Chaos) -> str:
    """A disk is copied, and both copies run."""
    machine = chaos.machine()
    if machine is None or machine.doubtful or not machine.folder.is_dir() or chaos.clones >= 3:
        return ""
    chaos.clones += 1
    other = chaos.world.machine(
        machine.config.origin, tuple(url.split(".")[1].partition(":")[0] for url in machine.links),
        name=f"{machine.name}-clone",
    )  # fmt: skip
    other.on_end = machine.on_end
    other.retired = False
    machine.doubtful = other.doubtful = True
    machine.copy_disk(other.folder)
    other.start()
    return other.name


def clock_step(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.skew = chaos.chance.uniform(-3, 3) * 24 * HOUR
    chaos.later(300, 2 * HOUR, setattr, machine, "skew", 0.0)
    return machine.name


def clock_of_1970(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.skew = -1_764_000_000.0
    chaos.later(300, HOUR, setattr, machine, "skew", 0.0)
    return machine.name
