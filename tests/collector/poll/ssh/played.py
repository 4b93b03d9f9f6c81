"""Machines of every kind, as commands and what they answer: from recordings, where there are none from documents."""

from answering import RECORDINGS, Act, says

OS_VERSION = b"""{"Caption":"Microsoft Windows Server 2022 Standard","Version":"10.0.20348","CSName":"SRV01",\
"TotalVisibleMemorySize":8388084,"FreePhysicalMemory":5242880,"LastBootUpTime":"\\/Date(1700000000000)\\/",\
"LocalDateTime":"\\/Date(1700086400000)\\/"}\r\n"""
VOLUMES = b"""[{"DeviceID":"C:","FileSystem":"NTFS","Size":53687091200,"FreeSpace":21474836480,"VolumeName":""},\
{"DeviceID":"D:","FileSystem":null,"Size":null,"FreeSpace":null,"VolumeName":null}]\r\n"""
SHOW_VERSION = """Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(2)E6, RELEASE SOFTWARE (fc1)
Copyright (c) 1986-2016 by Cisco Systems, Inc.

sw-stadshuset uptime is 1 year, 7 weeks, 3 days, 2 hours, 11 minutes
cisco WS-C2960X-48TS-L (APM86XXX) processor (revision A0) with 524288K bytes of memory.
Processor board ID FOC1932X0K1
"""
SHOW_INVENTORY = """NAME: "1", DESCR: "WS-C2960X-48TS-L"
PID: WS-C2960X-48TS-L  , VID: V03  , SN: FOC1932X0K1

NAME: "Switch 1 - Power Supply 0", DESCR: "FRU Power Supply"
PID: PWR-C2-250WAC     , VID: V02  , SN: DCB1930G1AB
"""


def recorded(path: str) -> Act:
    whole = RECORDINGS / f"{path}.out"
    return says((whole if whole.exists() else RECORDINGS / path).read_bytes())


def linux() -> dict[str, Act]:
    """Answer as a CentOS 7 would, from the recordings that there are of one and of Linux as such."""
    proc = "linux-proc"
    return {
        "uname -s": says("Linux\n"), "uname -a": recorded("centos-7.7/uname-a"),
        "/etc/os-release": recorded("generic/os-release-centos"), "/proc/loadavg": recorded(f"{proc}/loadavg"),
        "/proc/uptime": says("57780.31 110000.00\n"), "/proc/meminfo": recorded(f"{proc}/meminfo"),
        "/proc/stat": recorded(f"{proc}/stat"), "/proc/net/dev": recorded(f"{proc}/net_dev"),
        "/proc/diskstats": recorded(f"{proc}/diskstats"), " mount": recorded("centos-7.7/mount"),
        "df -kPl": recorded("centos-7.7/df"), "lsblk -b": recorded("centos-7.7/lsblk-allcols"),
        "/proc/cpuinfo": recorded(f"{proc}/cpuinfo2"), "ifconfig -a": recorded("centos-7.7/ifconfig"),
        "netstat -lntu": recorded("centos-7.7/netstat-sudo-lnp"), "passwd": recorded("centos-7.7/passwd"),
        "/etc/group": recorded("centos-7.7/group"),
        "service --full --no-legend --no-pager": recorded("centos-7.7/systemctl-luf"),
        "%{VENDOR}\\n'": recorded("centos-7.7/rpm-qi-package"),
        "--plain --no-legend --no-pager": recorded("centos-7.7/systemctl"),
    }  # fmt: skip


def macos() -> dict[str, Act]:
    mac = "osx-10.14.6"
    return {
        "uname -s": says("Darwin\n"), "uname -a": recorded(f"{mac}/uname-a"), " uptime": recorded(f"{mac}/uptime"),
        "df -kl": recorded(f"{mac}/df"), " mount": recorded(f"{mac}/mount"), "-ibn": recorded(f"{mac}/netstat-i"),
        "ifconfig -a": recorded(f"{mac}/ifconfig"), "passwd": recorded(f"{mac}/passwd"),
        "sw_vers": says("ProductName:\tMac OS X\nProductVersion:\t10.14.6\nBuildVersion:\t18G103\n"),
        "hw.pagesize": says("kern.boottime: { sec = 1574886342, usec = 0 } Wed Nov 27 20:25:42 2019\n"
                            "hw.memsize: 17179869184\nhw.model: MacBookPro15,1\nhw.ncpu: 12\n"
                            "machdep.cpu.brand_string: Intel(R) Core(TM) i7-8850H CPU @ 2.60GHz\n"),
        "vm_stat": says("Mach Virtual Memory Statistics: (page size of 4096 bytes)\nPages free:   63420.\n"
                        "Pages active: 1000.\nPages inactive: 2000.\nPages wired down:   3000.\n"),
    }  # fmt: skip


def windows() -> dict[str, Act]:
    ten = "windows-10"
    return {
        "cmd /c ver": says("\r\nMicrosoft Windows [Version 10.0.20348.169]\r\n"),
        'LocalDateTime | ConvertTo-Json -Compress"': says(OS_VERSION),
        'VolumeName | ConvertTo-Json -Compress"': says(VOLUMES), "systeminfo": recorded(f"{ten}/systeminfo"),
        "ipconfig /all": recorded(f"{ten}/ipconfig"), "netstat -an": recorded(f"{ten}/netstat-an"),
    }  # fmt: skip


def aix() -> dict[str, Act]:
    return {
        "uname -s": says("AIX\n"), "uname -a": says("AIX aix71 1 7 00F84C0C4C00\n"),
        " uptime": says("  11:46AM   up 12 days,   3:05,  2 users,  load average: 1.23, 1.10, 1.05\n"),
        "df -kP": says("Filesystem    1024-blocks      Used Available Capacity Mounted on\n"
                       "/dev/hd4           524288    234567    289721      45% /\n"),
        " mount": recorded("aix-7.1/mount"), "oslevel -s": says("7100-05-05-1939\n"),
    }  # fmt: skip
