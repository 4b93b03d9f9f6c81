"""A made-up world of machines that are bought, mended, cloned and installed anew, whose truth the register must find.

The truth: a physical machine is its chassis; a virtual machine or a container is what is installed in it.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from memory_book import MemoryBook

from driftvakt_collector.fleet import register
from driftvakt_collector.fleet.identity.decide import Running
from driftvakt_collector.fleet.identity.evidence import Evidence
from driftvakt_collector.fleet.identity.keys import (
    BOARD,
    CHASSIS,
    DISK,
    MAC,
    MACHINE,
    NAME,
    SERIAL,
    UUID,
    Key,
    clean,
)
from driftvakt_collector.fleet.register import Book

JUNK_SERIALS = ("To Be Filled By O.E.M.", "Default string", "System Serial Number", "0", "", "None", "123456789", "N/A")
JUNK_UUIDS = ("03000200-0400-0500-0006-000700080009", "00000000-0000-0000-0000-000000000000",
              "ffffffff-ffff-ffff-ffff-ffffffffffff")  # fmt: skip


@dataclass
class Board:
    uuid: str
    serial: str
    macs: list[str]


@dataclass
class Machine:
    """name: what it is in truth. vendor: its maker writes serial numbers. install: the source that lives on it."""

    name: str
    zone: str
    serial: str
    chassis: str
    board: Board
    disks: list[str]
    virtual: str = ""
    install: str = ""
    dual: str = ""
    root: bool = True
    vendor: bool = True
    booted: float = 0.0
    extra: list[str] = field(default_factory=list)


@dataclass
class Install:
    machine_id: str
    hostname: str
    first: float
    last: float
    booted: float


class World:
    """truth: the machines that each asset was. stood: the assets that each machine was. counts: what happened."""

    def __init__(self, seed: int, book: Book | None = None) -> None:
        self.dice = Random(seed)
        self.now = 1.7e9
        self.memory = MemoryBook()
        self.book: Book = self.memory if book is None else book
        self.machines: list[Machine] = []
        self.installs: dict[str, Install] = {}
        self.truth: dict[int, set[str]] = defaultdict(set)
        self.stood: dict[str, set[int]] = defaultdict(set)
        self.counts: dict[str, int] = defaultdict(int)
        # A maker's fault that no list knows: a batch of boards with one UUID and one serial number.
        self.batch = Board(self._uuid(), self._serial(), [])
        self.template = "template-id"
        self.docks = [self._mac() for _ in range(20)]
        self.ghosts: list[Machine] = []

    def run(self, events: int) -> None:
        acts = [(self._buy, 12), (self._boot, 30), (self._image, 12), (self._rename, 5), (self._disk, 4),
                (self._board, 0.1), (self._move_disk, 0.1), (self._dock, 20), (self._root, 0.5), (self._vm, 4),
                (self._container, 5), (self._dual, 3), (self._scrap, 2), (self._refurbish, 0.05)]  # fmt: skip
        kinds, weights = zip(*acts, strict=True)
        for _ in range(30):
            self._buy()
        for act in self.dice.choices(kinds, weights, k=events):
            self.now += self.dice.expovariate(1 / 3000)
            self.counts[act.__name__.strip("_")] += 1
            act()

    @property
    def wrong(self) -> dict[int, set[str]]:
        return {number: names for number, names in self.truth.items() if len(names) > 1}

    @property
    def duplicates(self) -> int:
        return sum(len(numbers) - 1 for numbers in self.stood.values())

    def running(self, source: str) -> Running | None:
        found = self.installs.get(source)
        return None if found is None else Running(max(found.first, found.booted), found.last)

    def tell(self, machine: Machine) -> None:
        """Let what is installed on a machine report, as its agent would."""
        source = machine.install
        install = self.installs[source]
        install.booted, install.last = machine.booted, self.now
        # Whatever else runs has reported meanwhile; the machine itself for more than two minutes.
        for other in self.machines:
            if other.install and other is not machine:
                self.installs[other.install].last = max(self.installs[other.install].last, self.now)
        install.last = self.now + 300
        register.learn(self.book, self._evidence(machine, install), self.running, self.now)
        number = self.book.home(source)
        self.truth[number].add(machine.name)
        self.stood[machine.name].add(number)

    def _evidence(self, machine: Machine, install: Install) -> Evidence:
        told = [(MACHINE, install.machine_id), (NAME, install.hostname)]
        container = machine.virtual == "lxc"
        if not container:
            told += [(MAC, mac) for mac in (*machine.board.macs, *machine.extra)]
            told += [(DISK, disk) for disk in machine.disks]
            if machine.root:
                told += [(SERIAL, machine.serial), (UUID, machine.board.uuid), (CHASSIS, machine.chassis),
                         (BOARD, machine.board.serial)]  # fmt: skip
        cleaned = (clean(kind, text, virtual=bool(machine.virtual)) for kind, text in told)
        keys: frozenset[Key] = frozenset(key for key in cleaned if key is not None)
        return Evidence(machine.install, machine.zone, keys, machine.virtual, container)

    def _install(self, machine: Machine, *, machine_id: str = "") -> None:
        source = f"a-{len(self.installs):06d}"
        fresh = f"id-{self.dice.getrandbits(64):x}"
        # One image in fifty was taken without removing its identification.
        identification = machine_id or (self.template if self.dice.random() < 0.02 else fresh)
        machine.install, machine.booted = source, self.now
        self.installs[source] = Install(identification, self._name(), self.now, self.now, self.now)

    def _buy(self) -> None:
        vendor = self.dice.random() < 0.97
        odd = not vendor and self.dice.random() < 0.2
        zone = self.dice.choice(("adm", "edu"))
        board = Board(
            self.batch.uuid if odd else self._uuid() if vendor or self.dice.random() < 0.7
            else self.dice.choice(JUNK_UUIDS),
            self.batch.serial if odd else self._serial() if vendor else self.dice.choice(JUNK_SERIALS),
            [self._mac() for _ in range(self.dice.choice((1, 1, 2, 4)))],
        )  # fmt: skip
        serial = self._serial() if vendor else self.dice.choice(JUNK_SERIALS)
        chassis = serial if vendor else self.dice.choice(JUNK_SERIALS)
        disks = [self._serial() for _ in range(self.dice.choice((1, 1, 2)))]
        machine = Machine(f"m{len(self.stood)}-{self.now:.0f}", zone, serial, chassis, board, disks,
                          vendor=vendor)  # fmt: skip
        machine.root = self.dice.random() < 0.98
        self.machines.append(machine)
        self._install(machine)
        self.tell(machine)

    def _some(self, *, physical: bool = True) -> Machine:
        while True:
            machine = self.dice.choice(self.machines)
            if not physical or not machine.virtual:
                return machine

    def _boot(self) -> None:
        machine = self._some(physical=False)
        machine.booted = self.now
        self.tell(machine)

    def _image(self) -> None:
        machine = self._some(physical=False)
        if machine.virtual == "lxc":
            return
        self.now += 900
        self._install(machine)
        machine.dual = ""
        self.tell(machine)

    def _rename(self) -> None:
        machine = self._some(physical=False)
        self.installs[machine.install].hostname = self._name()
        self.tell(machine)

    def _disk(self) -> None:
        """A disk is replaced: with what is installed copied over, or with a new installation."""
        machine = self._some()
        machine.disks[self.dice.randrange(len(machine.disks))] = self._serial()
        machine.booted = self.now
        if self.dice.random() < 0.5:
            self._install(machine)
            machine.dual = ""
        self.tell(machine)

    def _board(self) -> None:
        """A maker's technician writes the old serial number into the new mainboard."""
        machine = self._some()
        machine.board = Board(self._uuid(), self._serial(), [self._mac() for _ in machine.board.macs])
        machine.booted = self.now
        if not machine.vendor:
            self.counts["boards of machines without a serial number"] += 1
        self.tell(machine)

    def _move_disk(self) -> None:
        """What is installed goes on in another machine, whose own disk is scrapped."""
        old, new = self._some(), self._some()
        if old is new or old.zone != new.zone:
            return
        self.machines.remove(old)
        new.disks, new.install, new.booted, new.dual = old.disks, old.install, self.now, ""
        self.tell(new)

    def _dock(self) -> None:
        """A dock of the kind that hangs on PCI goes from desk to desk."""
        machine = self._some()
        machine.extra = [self.dice.choice(self.docks)] if not machine.extra else []
        self.tell(machine)

    def _root(self) -> None:
        machine = self._some()
        machine.root = not machine.root
        self.tell(machine)

    def _vm(self) -> None:
        machine = Machine(f"v{len(self.stood)}-{self.now:.0f}", self.dice.choice(("adm", "edu")), "", "",
                          Board(self._uuid(), "", [f"52:54:00:{self._mac()[9:]}"]), [], virtual="kvm")  # fmt: skip
        host = self._some()
        if self.dice.random() < 0.1:
            # libvirt with <smbios mode="host"/>: the guest shows the firmware of the machine under it.
            machine.zone, machine.serial, machine.chassis = host.zone, host.serial, host.chassis
            machine.board = Board(host.board.uuid, host.board.serial, machine.board.macs)
        machine.booted = self.now
        self.machines.append(machine)
        self._install(machine, machine_id=self.template if self.dice.random() < 0.2 else "")
        self.tell(machine)

    def _container(self) -> None:
        host = self._some()
        machine = Machine(f"c{len(self.stood)}-{self.now:.0f}", host.zone, host.serial, host.chassis, host.board,
                          host.disks, virtual="lxc", booted=self.now)  # fmt: skip
        self.machines.append(machine)
        self._install(machine)
        self.tell(machine)

    def _dual(self) -> None:
        """Two systems on one machine take turns."""
        machine = self._some()
        machine.booted = self.now
        if machine.dual:
            machine.install, machine.dual = machine.dual, machine.install
        else:
            first = machine.install
            self._install(machine)
            machine.dual = first
        self.tell(machine)

    def _scrap(self) -> None:
        if len(self.machines) > 100:
            machine = self._some(physical=False)
            self.machines.remove(machine)
            if not machine.virtual:
                self.ghosts.append(machine)

    def _refurbish(self) -> None:
        """The mainboard of a scrapped machine mends another one, whose maker wrote its serial number into it."""
        machine = self._some()
        if self.ghosts and machine.vendor:
            machine.board = self.ghosts.pop().board
            machine.booted = self.now
            self.tell(machine)

    def _uuid(self) -> str:
        text = f"{self.dice.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def _serial(self) -> str:
        return "".join(self.dice.choices("0123456789BCDFGHJKLMNPQRSTVWXZ", k=9))

    def _mac(self) -> str:
        return "00:1b:" + ":".join(f"{self.dice.getrandbits(8):02x}" for _ in range(4))

    def _name(self) -> str:
        return f"pc{self.dice.getrandbits(32):x}"


def texts(world: World) -> Iterator[str]:
    """Give what was said of the assets that were two things, for a test that failed."""
    for number, names in world.wrong.items():
        yield f"asset {number} was {sorted(names)}:"
        yield from (f"  {one.action} {one.moves} {one.text}" for one in world.memory.notes
                    if any(number in move[1:] for move in one.moves))  # fmt: skip
