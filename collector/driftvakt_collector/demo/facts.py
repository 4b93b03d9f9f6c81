"""The section `info`: what an asset is. Series that are always 1, whose labels say it."""

from collections.abc import Iterator

from driftvakt_collector.demo.asset import Asset
from driftvakt_collector.demo.measured.key import Key, key, linux
from driftvakt_collector.demo.models import Family, System
from driftvakt_collector.demo.sheet import Part, part
from driftvakt_wire import RELEASE, encode

_KERNELS = {Family.LINUX: "Linux", Family.WINDOWS: "Windows", Family.MACOS: "Darwin"}
_BIOS = {"HP": "HP", "HPE": "HPE", "Dell Inc.": "Dell Inc.", "LENOVO": "LENOVO", "Apple Inc.": "Apple Inc.",
         "Acer": "American Megatrends International, LLC.", "VMware, Inc.": "VMware, Inc."}  # fmt: skip
# Letters and digits that makers put in a serial number, without those that look alike.
_SERIAL = "0123456789BCDFGHJKLMNPQRSTVWXYZ"


def info(asset: Asset) -> Part:
    """Return the section."""
    return part(encode.series_set(_keys(asset), {}))


def serial(asset: Asset) -> str:
    """Return the serial number."""
    number, letters = asset.number, []
    for _ in range(7):
        number, place = divmod(number, len(_SERIAL))
        letters.append(_SERIAL[place])
    return "VMware-" + f"{asset.number:016x}" if asset.model.virtual else "".join(letters)


def uuid(asset: Asset) -> str:
    """Return the UUID of its firmware."""
    number = f"{asset.number:012x}"
    return f"4c4c4544-00{number[:2]}-{number[2:6]}-80{number[6:8]}-{number}"


def mac(asset: Asset) -> str:
    """Return the address of its network card. The second lowest bit of the first byte says that it is made up."""
    return ":".join(f"{byte:02x}" for byte in (0x02, *asset.number.to_bytes(6, "big")[1:]))


def _keys(asset: Asset) -> Iterator[Key]:
    yield _os(asset.model.system)
    yield _uname(asset)
    yield _dmi(asset)
    if linux(asset):
        yield key(
            "node_network_info", address=mac(asset), adminstate="up", broadcast="ff:ff:ff:ff:ff:ff",
            device=asset.model.nic, duplex="full", ifalias="", operstate="up",
        )  # fmt: skip
    profile = asset.class_
    platform = asset.model.system.family.value
    yield key("driftvakt_agent_info", version=RELEASE, python="3.12.7", platform=platform, profile=profile)


def _os(system: System) -> Key:
    return key(
        "node_os_info", build_id=system.build, id=system.id, id_like=system.like, image_id="", image_version="",
        name=system.name, pretty_name=system.pretty, variant="", variant_id="", version=system.version,
        version_codename=system.codename, version_id=system.version_id,
    )  # fmt: skip


def _uname(asset: Asset) -> Key:
    system = asset.model.system
    release = system.release
    version = release if system.family is Family.WINDOWS else "#1 SMP PREEMPT_DYNAMIC"
    machine = {Family.LINUX: "x86_64", Family.WINDOWS: "AMD64", Family.MACOS: "arm64"}[system.family]
    nodename = asset.name.lower() if linux(asset) else asset.name
    return key(
        "node_uname_info", domainname="(none)", machine=machine, nodename=nodename, release=release,
        sysname=_KERNELS[system.family], version=version if system.family is not Family.MACOS else "Darwin Kernel",
    )  # fmt: skip


def _dmi(asset: Asset) -> Key:
    model = asset.model
    return key(
        "node_dmi_info", bios_vendor=_BIOS[model.vendor], bios_version=f"1.{asset.number % 24}.0",
        product_name=model.product, product_serial=serial(asset),
        product_uuid=uuid(asset), system_vendor=model.vendor,
    )  # fmt: skip
