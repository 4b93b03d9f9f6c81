"""What happened to machines, what was told of it one after the other, and which thing each is then."""

from dataclasses import dataclass, replace
from typing import Any

from driftvakt_collector.fleet.identity import evidence as evidences
from driftvakt_collector.fleet.identity.evidence import Evidence
from driftvakt_collector.fleet.identity.keys import BOARD, CHASSIS, DISK, MAC, MACHINE, NAME, SERIAL, UUID, clean


@dataclass(frozen=True)
class Told:
    """What an agent tells, each as text that is separated by blanks where there may be more."""

    serial: str = "4XK2P13"
    uuid: str = "4c4c4544-0058-4b10-8032-b4c04f503133"
    chassis: str = "4XK2P13"
    board: str = "CN7016361A00AB"
    disk: str = "S4EMNX0R912345"
    mac: str = "00:1b:21:aa:00:01"
    machine: str = "id-1"
    name: str = "pc-0042"
    zone: str = "adm"
    virtual: str = ""
    alive: bool = False
    """It goes on to report while the next ones tell."""

    def but(self, **other: Any) -> "Told":
        return replace(self, **other)

    def evidence(self, source: str) -> Evidence:
        container = self.virtual in evidences.CONTAINERS
        told = [(MACHINE, self.machine), (NAME, self.name)]
        if not container:
            told += [(SERIAL, self.serial), (UUID, self.uuid), (CHASSIS, self.chassis), (BOARD, self.board)]
            told += [(DISK, text) for text in self.disk.split()] + [(MAC, text) for text in self.mac.split()]
        found = (clean(kind, text, virtual=bool(self.virtual)) for kind, text in told)
        return Evidence(source, self.zone, frozenset(key for key in found if key), self.virtual, container)


PC = Told()
IMAGED = PC.but(machine="id-2", name="pc-new")
OTHER = Told(
    "9ZZ8Q77",
    "4c4c4544-005a-5a10-8038-b9c04f513737",
    "9ZZ8Q77",
    "CN70163BBBBBB",
    "WD-WCC4N5PA",
    "00:1b:21:bb:00:02",
    "id-9",
    "pc-0099",
)
WHITE = Told("To Be Filled By O.E.M.", "7c1e2a3b-1111-4222-8333-944455556666", "Default string", "",
             "S1", "00:1b:21:cc:00:03", "id-5", "white")  # fmt: skip
BARE = Told("", "", "", "", "", "00:1b:21:dd:00:04", "id-7", "no-root")
GUEST = Told("", "5f0c3a52-2222-4f0e-9111-aabbccddeeff", "", "", "", "52:54:00:12:34:56", "id-8", "vm-1", virtual="kvm")
CELL = Told(virtual="lxc", machine="id-20", name="cell")
TWIN_UUID = "7c1e2a3b-1111-4222-8333-944455556666"

SCENARIOS = [
    # what happened, what was told one after the other, which sources are on one asset, whether it asks, a word of why
    ("the first of its kind", [("a", PC)], "a", False, "nothing that is known"),
    ("two machines", [("a", PC), ("b", OTHER)], "a|b", False, "nothing that is known"),
    ("installed anew", [("a", PC), ("b", IMAGED)], "ab", False, "other installation, name: the same thing"),
    (
        "installed anew three times",
        [("a", PC), ("b", IMAGED), ("c", PC.but(machine="id-3"))],
        "abc",
        False,
        "same serial",
    ),
    ("installed anew on a new disk", [("a", PC), ("b", IMAGED.but(disk="NEWDISK77"))], "ab", False, "other disk"),
    (
        "installed anew, without root",
        [("a", PC), ("b", IMAGED.but(serial="", uuid="", chassis="", board=""))],
        "ab",
        False,
        "same network card, disk",
    ),
    ("a new name", [("a", PC), ("a", PC.but(name="räksmörgås"))], "a", False, "still the same thing"),
    ("a new disk", [("a", PC), ("a", PC.but(disk="NEWDISK77"))], "a", False, "other disk: still the same thing"),
    ("a second disk", [("a", PC), ("a", PC.but(disk="S4EMNX0R912345 NEWDISK77"))], "a", False, "nothing that is known"),
    (
        "a mainboard with the old serial number",
        [("a", PC), ("a", PC.but(uuid=OTHER.uuid, board=OTHER.board, mac=OTHER.mac))],
        "a",
        False,
        "same serial number",
    ),
    (
        "a mainboard without a serial number",
        [("a", PC), ("a", PC.but(serial="", uuid=OTHER.uuid, board="B2222", mac=OTHER.mac))],
        "a",
        False,
        "same serial number of the chassis",
    ),
    (
        "a mainboard, and installed anew on the old disk",
        [("a", PC), ("b", IMAGED.but(uuid=OTHER.uuid, board="B2222", mac="00:1b:21:aa:00:09"))],
        "ab",
        False,
        "same serial number",
    ),
    (
        "a mainboard of a machine without serial numbers",
        [("a", WHITE), ("a", WHITE.but(uuid=OTHER.uuid, mac="00:1b:21:cc:00:99"))],
        "a",
        True,
        "on other hardware",
    ),
    (
        "a mainboard, a new disk, and installed anew",
        [("a", PC), ("b", IMAGED.but(uuid=OTHER.uuid, board="B2222", mac=OTHER.mac, disk="D2222"))],
        "a|b",
        True,
        "neither network card nor disk",
    ),
    (
        "a network card is changed",
        [("a", PC), ("a", PC.but(mac="00:1b:21:aa:00:77"))],
        "a",
        False,
        "same serial number",
    ),
    (
        "the disk goes into another machine that is known",
        [("a", PC), ("b", OTHER), ("a", OTHER.but(disk=PC.disk, machine="id-1"))],
        "ab",
        False,
        "it came from asset 1",
    ),
    (
        "the disk goes into a machine that nobody knows",
        [("a", PC), ("a", OTHER.but(disk=PC.disk, machine="id-1", name="pc-0042"))],
        "a",
        False,
        "on other hardware than asset 1",
    ),
    (
        "the old chassis comes back with a new disk",
        [("a", PC), ("a", OTHER.but(disk=PC.disk, machine="id-1")), ("b", IMAGED.but(disk="NEWDISK77"))],
        "a|b",
        False,
        "same serial number",
    ),
    (
        "its old disk in another machine, as a second one",
        [("a", PC), ("b", OTHER.but(disk=f"{OTHER.disk} {PC.disk}"))],
        "a|b",
        False,
        "nothing that is known",
    ),
    (
        "a copy of a disk, given a new key",
        [("a", PC.but(alive=True)), ("b", OTHER.but(machine="id-1", name="pc-0042"))],
        "a|b",
        False,
        "nothing that is known",
    ),
    (
        "a golden image with one installation's id",
        [("a", PC), ("b", OTHER.but(machine="id-1"))],
        "a|b",
        False,
        "nothing that is known",
    ),
    (
        "two boards with one UUID, both on",
        [("a", WHITE.but(alive=True)), ("b", WHITE.but(mac="00:1b:21:cc:00:44", disk="S2222", machine="id-6"))],
        "a|b",
        False,
        "",
    ),
    (
        "two boards with one UUID, never on together",
        [("a", WHITE), ("b", WHITE.but(mac="00:1b:21:cc:00:44", disk="S2222", machine="id-6"))],
        "a|b",
        False,
        "",
    ),
    (
        "a batch with one UUID and one serial number, never on together",
        [("a", PC), ("b", PC.but(mac="00:1b:21:aa:00:55", disk="S5555", machine="id-55"))],
        "a|b",
        True,
        "neither network card nor",
    ),
    (
        "the same serial number, UUID and cards, both on",
        [("a", PC.but(alive=True)), ("b", IMAGED.but(alive=True))],
        "a|b",
        False,
        "runs there at the same time",
    ),
    (
        "two systems that take turns",
        [("a", PC), ("b", IMAGED), ("a", PC.but(name="windows")), ("b", IMAGED.but(name="linux"))],
        "ab",
        False,
        "still the same thing",
    ),
    (
        "a UUID in capitals",
        [("a", PC), ("b", IMAGED.but(uuid=PC.uuid.upper(), serial="4xk2p13", chassis=" 4xk2p13 "))],
        "ab",
        False,
        "same serial number, UUID",
    ),
    (
        "a UUID in the other order of bytes",
        [("a", WHITE), ("b", WHITE.but(uuid="3b2a1e7c-1111-2242-8333-944455556666", machine="id-6"))],
        "ab",
        False,
        "same UUID",
    ),
    (
        "a MAC address with dashes",
        [("a", WHITE), ("b", WHITE.but(uuid="", mac="00-1B-21-CC-00-03", machine="id-6"))],
        "ab",
        False,
        "same network card",
    ),
    (
        "without root, installed anew on a new disk",
        [("a", BARE.but(disk="D1111")), ("b", BARE.but(disk="D2222", machine="id-2"))],
        "ab",
        False,
        "same network card",
    ),
    (
        "a dock goes from desk to desk",
        [
            ("a", PC.but(mac=f"{PC.mac} 00:50:b6:00:00:01", alive=True)),
            ("b", OTHER.but(mac=f"{OTHER.mac} 00:50:b6:00:00:01")),
        ],
        "a|b",
        False,
        "",
    ),
    (
        "a dock, never on together, without root",
        [
            ("a", BARE.but(mac="00:1b:21:dd:00:04 00:50:b6:00:00:01")),
            ("b", BARE.but(mac="00:1b:21:dd:00:05 00:50:b6:00:00:01", machine="id-2")),
        ],
        "a|b",
        True,
        "same network card",
    ),
    (
        "a VPN client's address",
        [("a", BARE.but(mac="00:05:9a:3c:7a:00")), ("b", BARE.but(mac="00:05:9a:3c:7a:00", machine="id-2"))],
        "a|b",
        False,
        "nothing that is known",
    ),
    (
        "a randomised Wi-Fi address",
        [("a", BARE.but(mac="da:a1:19:00:00:01")), ("b", BARE.but(mac="da:a1:19:00:00:01", machine="id-2"))],
        "a|b",
        False,
        "nothing that is known",
    ),
    (
        "junk serial numbers",
        [("a", WHITE), ("b", WHITE.but(uuid=OTHER.uuid, mac=OTHER.mac, disk="D3333", machine="id-6"))],
        "a|b",
        False,
        "nothing that is known",
    ),
    (
        "junk everywhere",
        [
            ("a", Told("0", "03000200-0400-0500-0006-000700080009", "None", "N/A", "", "", "", "")),
            ("b", Told("0", "03000200-0400-0500-0006-000700080009", "None", "N/A", "", "", "", "")),
        ],
        "a|b",
        False,
        "nothing that is known",
    ),
    ("a container on a machine", [("a", PC.but(alive=True)), ("b", CELL)], "a|b", False, "a container (lxc)"),
    (
        "two containers on a machine",
        [("a", PC), ("b", CELL), ("c", CELL.but(machine="id-21"))],
        "a|b|c",
        False,
        "a container",
    ),
    ("two containers of one image", [("b", CELL), ("c", CELL)], "b|c", True, "a container"),
    (
        "a container goes to another machine",
        [("a", PC), ("b", CELL), ("b", CELL.but(serial="X9X9X9", name="cell-2"))],
        "a|b",
        False,
        "wherever it runs",
    ),
    (
        "a virtual machine is installed anew",
        [("a", GUEST), ("b", GUEST.but(machine="id-9"))],
        "ab",
        False,
        "same UUID, network card",
    ),
    (
        "a virtual machine is copied",
        [("a", GUEST), ("b", GUEST.but(uuid=OTHER.uuid, mac="52:54:00:77:77:77"))],
        "a|b",
        False,
        "nothing that is known",
    ),
    (
        "a virtual machine goes to another host",
        [("a", GUEST), ("a", GUEST.but(uuid=OTHER.uuid, mac="52:54:00:77:77:77"))],
        "a",
        False,
        "wherever it runs",
    ),
    (
        "a new virtual machine gets an old one's address",
        [("a", GUEST), ("b", GUEST.but(uuid=OTHER.uuid, machine="id-9", name="vm-2"))],
        "a|b",
        False,
        "nothing that is known",
    ),
    (
        "a guest that shows its host's firmware",
        [("a", PC), ("b", PC.but(virtual="kvm", mac="52:54:00:12:34:56", disk="", machine="id-9", name="vm"))],
        "a|b",
        False,
        "nothing that is known",
    ),
    (
        "a physical machine becomes a virtual one",
        [
            ("a", PC),
            (
                "a",
                PC.but(
                    virtual="kvm", serial="VMWARE-564D", uuid=GUEST.uuid, chassis="", board="", disk="", mac=GUEST.mac
                ),
            ),
        ],
        "a",
        False,
        "on other hardware than asset 1",
    ),
    ("from one zone to the other", [("a", PC), ("b", IMAGED.but(zone="edu"))], "a|b", True, "zones never mix"),
    (
        "only the serial number is known",
        [("a", PC), ("b", Told("4XK2P13", "", "", "", "", "", "", "", "").but(zone="adm"))],
        "ab",
        False,
        "same serial number",
    ),
    (
        "only the name is known",
        [("a", PC), ("b", Told("", "", "", "", "", "", "", "pc-0042"))],
        "a|b",
        False,
        "nothing that is",
    ),
    (
        "root comes later",
        [("a", PC.but(serial="", uuid="", chassis="", board="")), ("a", PC), ("b", IMAGED.but(disk="NEWDISK77"))],
        "ab",
        False,
        "same serial number, UUID",
    ),
    (
        "root goes, and comes back on a new installation",
        [("a", PC), ("a", PC.but(serial="", uuid="", chassis="", board="")), ("b", IMAGED.but(disk="NEWDISK77"))],
        "ab",
        False,
        "same serial number, UUID",
    ),
    (
        "a scrapped board in another machine",
        [("a", WHITE), ("b", PC.but(uuid=WHITE.uuid, mac=WHITE.mac))],
        "a|b",
        True,
        "same UUID, network card",
    ),
]
