"""What the machine runs: system, kernel, name, and how it was started.

Example:
    $ cat /etc/os-release
    PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
    ID=debian
    VERSION_ID="12"
    VERSION_CODENAME=bookworm

Source: os-release(5), machine-id(5), /sys/firmware/efi of the kernel, UEFI 2.10, 3.3 (SecureBoot).
"""

import os
import re
import shlex

from driftvakt_agent.host import Host, read_bytes, read_text
from driftvakt_agent.inventory import Found
from driftvakt_agent.machine import facts

_SECURE_BOOT = "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
# What a hypervisor calls itself in the firmware: the file of /sys/class/dmi/id, how it begins, and systemd's word.
_HYPERVISORS = (
    ("product_name", "KVM", "kvm"),
    ("product_name", "OpenStack", "kvm"),
    ("sys_vendor", "QEMU", "qemu"),
    ("sys_vendor", "VMware", "vmware"),
    ("sys_vendor", "innotek", "oracle"),
    ("sys_vendor", "Xen", "xen"),
    ("sys_vendor", "Amazon EC2", "amazon"),
    ("product_name", "Virtual Machine", "microsoft"),
    ("sys_vendor", "Parallels", "parallels"),
)

_PROSE = ("centos-release", "oracle-release", "redhat-release", "system-release", "fedora-release", "mandriva-release",
          "SuSE-release", "slackware-version", "gentoo-release")  # fmt: skip
_RELEASE = re.compile(r"([A-Za-z][^\n]*?)(?: release)? v?(\d[\w.]*)(?: \(([^)\n]*)\))?(?=\s|$)")
"""As "CentOS release 5.11 (Final)"."""
_MACHINES = ("x86_64", "i386", "i586", "s390x", "ppc64")
"""What SUSE has where others have a codename."""
_IDS = (("CentOS", "centos"), ("Red Hat Enterprise", "rhel"), ("CloudLinux", "cloudlinux"), ("Oracle", "ol"),
        ("Scientific", "scientific"), ("Amazon", "amzn"), ("Mandriva", "mandriva"), ("SUSE Linux", "sles"),
        ("openSUSE", "opensuse"), ("Slackware", "slackware"), ("Fedora", "fedora"), ("Gentoo", "gentoo"))  # fmt: skip


def take(host: Host) -> Found:
    told = parse(_text(host, "/etc/os-release") or _text(host, "/usr/lib/os-release"))
    told = told if "ID" in told else _before_os_release(host)
    version = told.get("VERSION_ID", "")
    if told.get("ID") == "debian":
        # os-release says 12 where debian_version says 12.5, or "trixie/sid".
        point = _text(host, "/etc/debian_version").strip()
        version = point if point[:1].isdigit() else version
    uname = os.uname()
    return {
        "operating_system": [
            {
                "name": told.get("ID", ""),
                "title": told.get("PRETTY_NAME", ""),
                "version": version,
                "codename": told.get("VERSION_CODENAME", ""),
                "kernel": _proc(host, "osrelease") or uname.release,
                "architecture": uname.machine,
                "hostname": _proc(host, "hostname") or uname.nodename,
                "machine_id": facts(host, "").get("machine", ""),
                "virtual": _virtual(host),
                "boot": "uefi" if os.path.isdir(f"{host.sys}/firmware/efi") else "bios",
                "secure_boot": _secure_boot(host),
                "tpm": _tpm(host),
                "timezone": _timezone(host),
                "language": parse(_text(host, "/etc/default/locale") or _text(host, "/etc/locale.conf")).get(
                    "LANG", ""
                ),
            }
        ]
    }


def _before_os_release(host: Host) -> dict[str, str]:
    """Return the same of a system from before 2012, which has a line of prose instead."""
    for file in _PROSE:
        found = _RELEASE.match(_text(host, f"/etc/{file}").strip())
        if found is not None:
            name, version, codename = found.group(1), found.group(2), found.group(3) or ""
            codename = "" if codename in _MACHINES else codename
            told = {"PRETTY_NAME": found.group(0).strip(), "VERSION_ID": version, "VERSION_CODENAME": codename}
            return told | {"ID": next((id_ for begin, id_ in _IDS if name.startswith(begin)), _plain(name))}
    lsb = parse(_text(host, "/etc/lsb-release"))
    if lsb.get("DISTRIB_ID"):
        return {"ID": _plain(lsb["DISTRIB_ID"]), "VERSION_ID": lsb.get("DISTRIB_RELEASE", ""),
                "VERSION_CODENAME": lsb.get("DISTRIB_CODENAME", ""),
                "PRETTY_NAME": lsb.get("DISTRIB_DESCRIPTION", "")}  # fmt: skip
    point = _text(host, "/etc/debian_version").strip()
    return {"ID": "debian", "VERSION_ID": point, "PRETTY_NAME": f"Debian GNU/Linux {point}"} if point else {}


def _plain(name: str) -> str:
    return "".join(name.lower().removesuffix("linux").split())


def parse(text: str) -> dict[str, str]:
    """Return the names and values of a file of shell assignments."""
    told = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if not equals or name.startswith("#"):
            continue
        try:
            told[name] = " ".join(shlex.split(value))
        except ValueError:
            told[name] = value.strip("\"'")
    return told


def _virtual(host: Host) -> str:
    """Return what the machine runs on, in systemd's words; empty where it is a machine of its own."""
    container = _text(host, "/run/systemd/container").strip()
    if container:
        return container
    if os.path.exists(f"{host.root}/.dockerenv"):
        return "docker"
    for file, begin, word in _HYPERVISORS:
        if _sys(host, f"class/dmi/id/{file}").startswith(begin):
            return word
    hypervisor = _sys(host, "hypervisor/type")
    if hypervisor:
        return hypervisor
    try:
        cpuinfo = read_text(f"{host.proc}/cpuinfo")
    except OSError:
        return ""
    flags = cpuinfo.partition("\nflags")[2].partition("\n")[0].split()
    return "vm" if "hypervisor" in flags else ""


def _secure_boot(host: Host) -> bool | None:
    """Return whether the firmware starts signed code only; None where it does not say."""
    try:
        # Four bytes of attributes, then the variable's one.
        return read_bytes(f"{host.sys}/firmware/efi/efivars/{_SECURE_BOOT}")[4:5] == b"\x01"
    except OSError:
        return None


def _tpm(host: Host) -> str:
    major = _sys(host, "class/tpm/tpm0/tpm_version_major")
    return {"1": "1.2", "2": "2.0"}.get(major, major)


def _timezone(host: Host) -> str:
    try:
        return os.readlink(f"{host.root}/etc/localtime").partition("zoneinfo/")[2]
    except OSError:
        return _text(host, "/etc/timezone").strip()


def _text(host: Host, path: str) -> str:
    try:
        return read_text(host.root + path)
    except OSError:
        return ""


def _proc(host: Host, name: str) -> str:
    try:
        return read_text(f"{host.proc}/sys/kernel/{name}").strip()
    except OSError:
        return ""


def _sys(host: Host, path: str) -> str:
    try:
        return read_text(f"{host.sys}/{path}").strip()
    except OSError:
        return ""
