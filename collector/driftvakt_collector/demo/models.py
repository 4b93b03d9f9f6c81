"""What machines the city has: makers, models and operating systems that such a place would own."""

from dataclasses import dataclass
from enum import Enum

GIB = 1 << 30


class Family(Enum):
    """How an agent reads a machine: everything on Linux, what psutil tells elsewhere."""

    LINUX = "linux"
    WINDOWS = "win32"
    MACOS = "darwin"


@dataclass(frozen=True)
class System:
    """An operating system, with the facts that os-release(5) and uname give. manager: who installs its updates."""

    family: Family
    id: str
    like: str
    name: str
    version: str
    version_id: str
    number: float
    codename: str
    release: str
    build: str
    manager: str

    @property
    def pretty(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Volume:
    """A file system. disk: the device that its traffic is counted on."""

    mountpoint: str
    device: str
    fstype: str
    size: int
    disk: str


@dataclass(frozen=True)
class Model:
    """A kind of machine. speed: of its network card, bytes a second. plain: has no sensors that an agent may read."""

    vendor: str
    product: str
    system: System
    cpus: int
    memory: int
    volumes: tuple[Volume, ...]
    nic: str
    speed: float = 125e6
    battery: bool = False
    virtual: bool = False

    @property
    def disks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(volume.disk for volume in self.volumes))


_LINUX, _WINDOWS, _MACOS = Family.LINUX, Family.WINDOWS, Family.MACOS
DEBIAN = System(_LINUX, "debian", "", "Debian GNU/Linux", "12 (bookworm)", "12", 12, "bookworm", "6.1.0-28-amd64", "",
                "apt")  # fmt: skip
UBUNTU = System(_LINUX, "ubuntu", "debian", "Ubuntu", "24.04.1 LTS (Noble Numbat)", "24.04", 24.04, "noble",
                "6.8.0-49-generic", "", "apt")  # fmt: skip
ROCKY = System(_LINUX, "rocky", "rhel centos fedora", "Rocky Linux", "9.4 (Blue Onyx)", "9.4", 9.4, "",
               "5.14.0-427.13.1.el9_4.x86_64", "", "dnf")  # fmt: skip
SERVER_2022 = System(_WINDOWS, "windows", "", "Windows Server 2022 Standard", "21H2", "10.0.20348", 10, "",
                     "10.0.20348", "20348.2849", "windows")  # fmt: skip
WINDOWS_10 = System(_WINDOWS, "windows", "", "Windows 10 Enterprise", "22H2", "10.0.19045", 10, "", "10.0.19045",
                    "19045.5131", "windows")  # fmt: skip
WINDOWS_11 = System(_WINDOWS, "windows", "", "Windows 11 Enterprise", "23H2", "10.0.22631", 10, "", "10.0.22631",
                    "22631.4460", "windows")  # fmt: skip
WINDOWS_11_EDU = System(_WINDOWS, "windows", "", "Windows 11 Education", "23H2", "10.0.22631", 10, "", "10.0.22631",
                        "22631.4460", "windows")  # fmt: skip
SONOMA = System(_MACOS, "macos", "", "macOS", "14.7", "14.7", 14.7, "", "23.6.0", "23H124", "softwareupdate")


def _linux(root: int, data: int, disk: str = "sda", more: str = "sdb", where: str = "/srv") -> tuple[Volume, ...]:
    first = "p" if disk.startswith("nvme") else ""
    return (
        Volume("/boot/efi", f"/dev/{disk}{first}1", "vfat", GIB // 2, disk),
        Volume("/", f"/dev/{disk}{first}2", "ext4", root * GIB, disk),
        Volume("/var", f"/dev/{disk}{first}3", "ext4", root * GIB, disk),
        *((Volume(where, f"/dev/{more}1", "xfs", data * GIB, more),) if data else ()),
    )


def _windows(size: int, data: int = 0) -> tuple[Volume, ...]:
    drive = Volume("C:\\", "C:\\", "NTFS", size * GIB, "PhysicalDrive0")
    return (drive, Volume("D:\\", "D:\\", "NTFS", data * GIB, "PhysicalDrive1")) if data else (drive,)


def _virtual(system: System, cpus: int, memory: int, volumes: tuple[Volume, ...]) -> Model:
    nic = "Ethernet0" if system.family is _WINDOWS else "ens192"
    return Model("VMware, Inc.", "VMware7,1", system, cpus, memory * GIB, volumes, nic, speed=1250e6, virtual=True)


SERVERS = (
    _virtual(DEBIAN, 2, 8, _linux(30, 200)),
    _virtual(ROCKY, 2, 16, _linux(40, 400)),
    _virtual(SERVER_2022, 4, 16, _windows(100, 500)),
    _virtual(UBUNTU, 4, 16, _linux(40, 300)),
    Model("Dell Inc.", "PowerEdge R650xs", DEBIAN, 8, 64 * GIB, _linux(60, 4000), "eno1", speed=1250e6),
    Model("HPE", "ProLiant DL360 Gen10 Plus", ROCKY, 8, 64 * GIB, _linux(60, 8000), "eno1", speed=1250e6),
)
LOCAL_SERVERS = (
    Model("Dell Inc.", "PowerEdge T150", DEBIAN, 4, 16 * GIB, _linux(40, 2000), "eno1"),
    Model("HPE", "ProLiant MicroServer Gen10 Plus", SERVER_2022, 4, 16 * GIB, _windows(120, 2000), "Ethernet"),
)
OFFICE_PCS = (
    Model("HP", "HP EliteDesk 800 G6 Small Form Factor PC", WINDOWS_11, 4, 16 * GIB, _windows(237), "Ethernet"),
    Model("Dell Inc.", "OptiPlex 7080", WINDOWS_10, 4, 8 * GIB, _windows(237), "Ethernet"),
)
OFFICE_LAPTOPS = (
    Model("LENOVO", "ThinkPad T14 Gen 3", WINDOWS_11, 4, 16 * GIB, _windows(476), "Wi-Fi", 60e6, battery=True),
    Model("Dell Inc.", "Latitude 5440", WINDOWS_11, 4, 16 * GIB, _windows(237), "Wi-Fi", 60e6, battery=True),
    Model("HP", "HP ProBook 445 G8 Notebook PC", WINDOWS_10, 4, 8 * GIB, _windows(237), "Wi-Fi", 54e6, battery=True),
)
SCHOOL_PCS = (
    Model("LENOVO", "ThinkCentre M70q Gen 3", WINDOWS_11_EDU, 4, 8 * GIB, _windows(237), "Ethernet"),
    Model("Acer", "Veriton N4690G", WINDOWS_11_EDU, 4, 8 * GIB, _windows(237), "Ethernet"),
)
_YOGA = Model("LENOVO", "300w Yoga Gen 4", WINDOWS_11_EDU, 4, 8 * GIB, _windows(119), "Wi-Fi", 54e6, battery=True)
_PROBOOK = Model("HP", "HP ProBook 445 G8 Notebook PC", WINDOWS_11_EDU, 4, 8 * GIB, _windows(237), "Wi-Fi", 54e6,
                 battery=True)  # fmt: skip
_MACBOOK = Model("Apple Inc.", "MacBookAir10,1", SONOMA, 8, 8 * GIB, (
    Volume("/", "/dev/disk3s1s1", "apfs", 228 * GIB, "disk0"),
    Volume("/System/Volumes/Data", "/dev/disk3s5", "apfs", 228 * GIB, "disk0"),
), "en0", 60e6, battery=True)  # fmt: skip
SCHOOL_LAPTOPS = (_YOGA, _PROBOOK, _YOGA, _YOGA, _MACBOOK, _PROBOOK)
"""As often as they are bought: one in six is a Mac."""
LAB_PCS = (
    Model("HP", "HP Z2 Small Form Factor G9", UBUNTU, 4, 16 * GIB, _linux(120, 0, "nvme0n1"), "enp0s31f6"),
    Model("Dell Inc.", "OptiPlex 7080", WINDOWS_11_EDU, 4, 16 * GIB, _windows(476), "Ethernet"),
)
