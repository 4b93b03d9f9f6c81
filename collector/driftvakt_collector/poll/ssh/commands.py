"""What each kind of machine is asked: fixed commands that only read. Nothing here is ever put together from input.

What needs root is not asked for in another way: it is missing, and so it says what the user may see. `facts` are asked
for now and then, all others at each visit.
"""

from dataclasses import dataclass
from enum import Enum

from driftvakt_collector.poll.ssh.text import last_line

_ENV = "env LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin "
"""Before each command of a Unix: `env` and not an assignment, for a login shell may be csh."""
_POWERSHELL = "powershell -NoProfile -NonInteractive -Command "
_DMI = " ".join(
    f"/sys/class/dmi/id/{one}"
    for one in (
        *("sys_vendor", "product_name", "product_version", "product_serial", "product_uuid", "product_sku"),
        *("product_family", "bios_vendor", "bios_version", "bios_date", "bios_release", "board_vendor", "board_name"),
        *("board_version", "board_serial", "chassis_vendor", "chassis_type", "chassis_serial", "chassis_asset_tag"),
    )
)
_NET = " ".join(f"/sys/class/net/*/{one}" for one in ("operstate", "speed", "mtu"))
_LSBLK = "NAME,PKNAME,TYPE,SIZE,MODEL,VENDOR,SERIAL,REV,TRAN,ROTA,RM,WWN,FSTYPE,MOUNTPOINT,UUID,LABEL"
_DPKG = r"'${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\t${Installed-Size}\t${Maintainer}\n'"
_RPM = (
    r"'Name        : %{NAME}\nEpoch       : %{EPOCH}\nVersion     : %{VERSION}\nRelease     : %{RELEASE}\n"
    r"Architecture: %{ARCH}\nSize        : %{SIZE}\nVendor      : %{VENDOR}\n'"
)


class Platform(Enum):
    """Kinds of machines that we have commands for."""

    LINUX = "linux"
    AIX = "aix"
    FREEBSD = "freebsd"
    MACOS = "macos"
    WINDOWS = "windows"
    IOS = "cisco-ios"
    """Cisco's command line, and those that copy it."""


@dataclass(frozen=True, slots=True)
class Command:
    """name: what its answer is called. line: as the machine's shell reads it. seconds and bytes: that it may take.

    instead_of: it is asked where none of that name has told anything. has_status: whether the machine says how it
    ended. persons: whether what it tells is about people.
    """

    name: str
    line: str
    seconds: float = 20.0
    bytes: int = 1 << 20
    facts: bool = False
    instead_of: str = ""
    has_status: bool = True
    persons: bool = False


def _unix(name: str, line: str, instead_of: str = "") -> Command:
    return Command(name, _ENV + line, instead_of=instead_of)


def _fact(name: str, line: str, instead_of: str = "", *, seconds: float = 30.0, persons: bool = False) -> Command:
    return Command(name, _ENV + line, seconds, facts=True, instead_of=instead_of, persons=persons)


UNAME = Command("uname_s", "uname -s", 15.0, 4096, has_status=False)
VER = Command("ver", "cmd /c ver", 30.0, 4096, has_status=False)
"""For a Windows whose shell is PowerShell as well as cmd."""
SHOW_VERSION = Command("show_version", "show version", 30.0, 65536, has_status=False)
DETECTION = (UNAME, VER, SHOW_VERSION)
"""Asked in this order until one tells what the machine is. None of them does anything anywhere."""

_BSD = (
    _unix("uname", "uname -a"),
    _unix("uptime", "uptime"),
    _unix("df", "df -kl"),
    _unix("mount", "mount"),
    _unix("netstat_i", "netstat -ibn"),
    _fact("ifconfig", "ifconfig -a"),
    _fact("netstat", "netstat -an"),
    _fact("passwd", "cat /etc/passwd", persons=True),
    _fact("group", "cat /etc/group", persons=True),
)

COMMANDS: dict[Platform, tuple[Command, ...]] = {
    Platform.LINUX: (
        _unix("uname", "uname -a"),
        _unix("os_release", "cat /etc/os-release"),
        _unix("loadavg", "cat /proc/loadavg"),
        _unix("uptime_seconds", "cat /proc/uptime"),
        # Containers of some hosters hide these two.
        _unix("uptime", "uptime", "uptime_seconds"),
        _unix("meminfo", "cat /proc/meminfo"),
        _unix("free", "free -k", "meminfo"),
        _unix("stat", "cat /proc/stat"),
        _unix("net_dev", "cat /proc/net/dev"),
        _unix("net_class", f"grep -s . {_NET}"),
        _unix("diskstats", "cat /proc/diskstats"),
        _unix("mounts", "cat /proc/self/mounts"),
        _unix("mount", "mount", "mounts"),
        # Local ones only: a file server that is gone holds up df for ever. BusyBox has no -l.
        _unix("df", "df -kPl"),
        _unix("df_all", "df -kP", "df"),
        _unix("df_inodes", "df -iPl"),
        _unix("systemctl", "systemctl list-units --all --full --plain --no-legend --no-pager"),
        _fact("dmi", f"grep -s . {_DMI}"),
        _fact("cpuinfo", "cat /proc/cpuinfo"),
        _fact("lsblk", f"lsblk -b -P -o {_LSBLK}"),
        # From before util-linux 2.23, some of these columns are unknown to it.
        _fact("lsblk_tree", "lsblk -b", "lsblk"),
        _fact("ip_address", "ip -d address"),
        _fact("ifconfig", "ifconfig -a", "ip_address"),
        _fact("ss", "ss -lntu"),
        _fact("netstat", "netstat -lntu", "ss"),
        _fact("dpkg", f"dpkg-query -W -f={_DPKG}", seconds=60),
        _fact("rpm", f"rpm -qa --qf {_RPM}", seconds=120),
        _fact("unit_files", "systemctl list-unit-files --type=service --full --no-legend --no-pager"),
        _fact("passwd", "cat /etc/passwd", persons=True),
        _fact("group", "cat /etc/group", persons=True),
    ),
    Platform.FREEBSD: (
        *_BSD,
        _unix("sysctl", "sysctl kern.boottime hw.physmem hw.model hw.ncpu vm.stats.vm hw.pagesize"),
        _fact("pkg", r"pkg query '%n\t%v\t%q\t%m\t%sb'", seconds=60),
    ),
    Platform.MACOS: (
        *_BSD,
        _unix("sysctl", "sysctl kern.boottime hw.memsize hw.model hw.ncpu machdep.cpu.brand_string hw.pagesize"),
        _unix("vm_stat", "vm_stat"),
        _fact("sw_vers", "sw_vers"),
    ),
    Platform.AIX: (
        _unix("uname", "uname -a"),
        _unix("uptime", "uptime"),
        _unix("df", "df -kP"),
        _unix("mount", "mount"),
        _fact("oslevel", "oslevel -s"),
        _fact("netstat", "netstat -an"),
        _fact("ifconfig", "ifconfig -a"),
        _fact("passwd", "cat /etc/passwd", persons=True),
        _fact("group", "cat /etc/group", persons=True),
    ),
    Platform.WINDOWS: (
        # Without a dollar sign, which a shell that is PowerShell itself would take for its own.
        Command(
            "cim",
            _POWERSHELL
            + '"Get-CimInstance Win32_OperatingSystem | Select-Object Caption,Version,CSName,OSArchitecture,'
            'TotalVisibleMemorySize,FreePhysicalMemory,LastBootUpTime,LocalDateTime | ConvertTo-Json -Compress"',
            60.0,
        ),
        Command(
            "volumes",
            _POWERSHELL
            + "\"Get-CimInstance Win32_LogicalDisk -Filter 'DriveType=3' | Select-Object DeviceID,FileSystem,"
            'Size,FreeSpace,VolumeName | ConvertTo-Json -Compress"',
            60.0,
        ),
        Command("systeminfo", "systeminfo", 90.0, facts=True),
        Command("ipconfig", "ipconfig /all", 30.0, facts=True),
        Command("netstat_windows", "netstat -an", 60.0, facts=True),
    ),
    Platform.IOS: (
        Command("show_version", "show version", 30.0, 65536, has_status=False),
        Command("show_inventory", "show inventory", 30.0, 262144, facts=True, has_status=False),
    ),
}


def platform(answers: dict[str, str]) -> Platform | None:
    """Return what a machine is by its answers to DETECTION so far, None where none of them says."""
    # What a login shell greets with stands before it.
    kernel = last_line(answers.get(UNAME.name, ""))
    found = {"Linux": Platform.LINUX, "AIX": Platform.AIX, "FreeBSD": Platform.FREEBSD, "Darwin": Platform.MACOS}.get(
        kernel
    )
    if found is None and "Microsoft Windows" in answers.get(VER.name, ""):
        return Platform.WINDOWS
    if found is None and "cisco" in answers.get(SHOW_VERSION.name, "").lower():
        return Platform.IOS
    return found


def wanted(kind: Platform, *, facts: bool, persons: bool) -> list[Command]:
    """Return what is asked at one visit. facts: also what seldom changes. persons: also what is about people."""
    return [one for one in COMMANDS[kind] if (facts or not one.facts) and (persons or not one.persons)]
