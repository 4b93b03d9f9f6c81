"""A simulated thing and the place where it stands: all that stays the same from one moment to the next."""

from dataclasses import dataclass
from enum import Enum

from driftvakt_collector.demo.models import Model


class Habit(Enum):
    """When a machine runs, and what works it."""

    SERVER = "server"
    OFFICE = "office"
    LAPTOP = "laptop"
    SCHOOL = "school"
    LAB = "lab"


class Role(Enum):
    """What a server is there for. The value is the unit that does it."""

    FILES = "smbd.service"
    DIRECTORY = "slapd.service"
    MAIL = "postfix.service"
    PRINT = "cups.service"
    DATABASE = "postgresql.service"
    WEB = "nginx.service"
    BACKUP = "bacula-sd.service"
    NONE = ""


class Fault(Enum):
    """What is wrong with an asset, for as long as the demo runs."""

    FILLING = "a disk fills within eight hours, then somebody makes room"
    CRASHING = "it restarts each 22 minutes without a word"
    HOT = "a fan stands still"
    LEAKING = "a program takes all memory in ten hours, and is killed"
    DRIFTING = "the clock runs away from its source"
    FAILED_UNIT = "a unit failed"
    FAILED_BACKUP = "last night's backup is missing"
    BUSY = "a program takes most of the processors for 40 minutes of each three hours"
    SLOW_DISK = "a disk is slow, and everybody waits for it"
    BAD_CABLE = "frames come broken"
    WORN_BATTERY = "the battery holds a third of what it did"


@dataclass(frozen=True)
class Place:
    """A site. relay: its hosts report through one that stands there. cut: its line is broken now and then."""

    name: str
    zone: str
    administration: str
    code: str
    relay: bool = False
    cut: bool = False


@dataclass(frozen=True)
class Traits:
    """What tells two machines of one model apart, each a number from 0 to 1."""

    quiet: float
    busy: float
    burst: float
    night: float
    memory: float
    disk: float
    age: float
    traffic: float
    shift: float


@dataclass(frozen=True)
class Asset:
    """number: its own, for chance that must fall the same way each time. zone key and labels come from the place."""

    origin: str
    name: str
    number: int
    place: Place
    habit: Habit
    model: Model
    traits: Traits
    role: Role = Role.NONE
    fault: Fault | None = None

    @property
    def class_(self) -> str:
        return "server" if self.habit is Habit.SERVER else "workstation"
