"""What went through each network interface, and how it is set up.

Example:
    $ cat /proc/net/dev
    Inter-|   Receive                                                |  Transmit
     face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier …
      eth0: 285362154    5863    0    0    0     0          0         0   317825    3533    0    0    0     0       0 …
    $ cat /sys/class/net/eth0/flags
    0x1003

What an interface is set to is read again when its link changes, and after ten cycles in any case.

Source: proc_pid_net(5), Documentation/ABI/testing/sysfs-class-net of the kernel.
"""

import os
from collections.abc import Container, Iterable, Iterator

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import Labels, Sample

_COLUMNS = tuple(
    f"node_network_{column}_total"
    for column in (
        *("receive_bytes", "receive_packets", "receive_errs", "receive_drop"),
        *("receive_fifo", "receive_frame", "receive_compressed", "receive_multicast"),
        *("transmit_bytes", "transmit_packets", "transmit_errs", "transmit_drop"),
        *("transmit_fifo", "transmit_colls", "transmit_carrier", "transmit_compressed"),
    )
)
_WORKSTATION = (0, 2, 3, 8, 10, 11)

# File in /sys/class/net/NAME, series.
_ATTRIBUTES = (
    ("addr_assign_type", "node_network_address_assign_type"),
    ("carrier_changes", "node_network_carrier_changes_total"),
    ("carrier_down_count", "node_network_carrier_down_changes_total"),
    ("carrier_up_count", "node_network_carrier_up_changes_total"),
    ("dev_id", "node_network_device_id"),
    ("ifindex", "node_network_iface_id"),
    ("iflink", "node_network_iface_link"),
    ("link_mode", "node_network_iface_link_mode"),
    ("mtu", "node_network_mtu_bytes"),
    ("name_assign_type", "node_network_name_assign_type"),
    ("netdev_group", "node_network_net_dev_group"),
    ("tx_queue_len", "node_network_transmit_queue_length"),
    ("type", "node_network_protocol_type"),
)

# The kernel refuses these, and speed and duplex, while an interface is down.
_ATTRIBUTES_WHEN_UP = (("carrier", "node_network_carrier"), ("dormant", "node_network_dormant"))

_COUNTERS = (("statistics/rx_nohandler", "node_network_receive_nohandler_total"),)

_TELLING = ("ifindex", "flags", "operstate", "carrier_changes")
"""What is read of each interface in each cycle: with these come all changes of a link, and another of the same name."""
_LASTING_CYCLES = 10
"""After so many cycles the rest is read again all the same: an alias, or the size of a packet."""

_IFF_UP = 1
_MADE_BY_SOFTWARE = ("veth", "br-", "docker")
_OPEN_FILE = os.O_RDONLY | os.O_CLOEXEC
_OPEN_DIRECTORY = _OPEN_FILE | os.O_DIRECTORY
# The longest of them, an alias, may have 256 bytes.
_MOST = 512


class _Kept:
    """What an interface is set to. telling: what it told when that was read. left: cycles for which it is good."""

    __slots__ = ("left", "samples", "telling")

    def __init__(self, telling: tuple[bytes, ...], samples: list[Sample]) -> None:
        self.telling = telling
        self.left = _LASTING_CYCLES
        self.samples = samples


def collect(host: Host) -> Iterator[Sample]:
    brief = host.profile == "workstation"
    try:
        text = read_text(host.proc + "/net/dev")
    except FileNotFoundError:
        text = ""
    directory = host.sys + "/class/net"
    try:
        devices = sorted(os.listdir(directory))
    except OSError:
        # A container without /sys still has its counters.
        yield from parse(text, brief=brief)
        return
    if brief:
        devices = [device for device in devices if _has_hardware_or_is_up(f"{directory}/{device}", device)]
    yield from parse(text, brief=brief, only=devices if brief else None)
    kept = host.memory.setdefault("network", {})
    assert isinstance(kept, dict)
    for gone in kept.keys() - set(devices):
        del kept[gone]
    for device in devices:
        try:
            fd = os.open(f"{directory}/{device}", _OPEN_DIRECTORY)
        except OSError:
            # Gone since it was listed, or no interface: bonding_masters is a file among them.
            continue
        try:
            yield from _interface(fd, device, kept, brief=brief)
        finally:
            os.close(fd)


def parse(text: str, *, brief: bool = False, only: Container[str] | None = None) -> Iterator[Sample]:
    """Yield every column of every interface; only bytes, errors and drops where `brief`, only those in `only`."""
    for line in text.splitlines()[2:]:
        # An alias has a colon in its name.
        device, _, rest = line.rpartition(":")
        device = device.strip()
        if only is not None and device not in only:
            continue
        numbers = rest.split()
        labels = (("device", device),)
        if brief:
            for at in _WORKSTATION:
                yield Sample(_COLUMNS[at], int(numbers[at]), labels)
        else:
            for name, number in zip(_COLUMNS, numbers, strict=False):
                yield Sample(name, int(number), labels)


def _interface(directory: int, device: str, kept: dict[str, _Kept], *, brief: bool) -> Iterator[Sample]:
    telling = tuple([_read(directory, file) for file in _TELLING])
    known = kept.get(device)
    if known is None or known.telling != telling or known.left <= 0:
        known = kept[device] = _Kept(telling, list(_settings(directory, device, brief=brief)))
    known.left -= 1
    yield from known.samples
    if not brief:
        yield from _numbers(directory, _COUNTERS, (("device", device),))


def _settings(directory: int, device: str, *, brief: bool) -> Iterator[Sample]:
    labels = (("device", device),)
    operstate = _text(directory, "operstate")
    flags = _number(directory, "flags")
    is_up = flags is None or bool(flags & _IFF_UP)
    yield Sample("node_network_up", int(operstate == "up"), labels)
    info = (
        ("address", _text(directory, "address")),
        ("adminstate", "" if flags is None else "up" if is_up else "down"),
        ("broadcast", _text(directory, "broadcast")),
        *labels,
        ("duplex", _text(directory, "duplex") if is_up else ""),
        ("ifalias", _text(directory, "ifalias")),
        ("operstate", operstate),
    )
    yield Sample("node_network_info", 1, info)
    megabits = _number(directory, "speed") if is_up else None
    # -1 where it is not known: a virtual interface, or no cable.
    if megabits is not None and megabits >= 0:
        yield Sample("node_network_speed_bytes", megabits * 125_000, labels)
    if brief:
        return
    if flags is not None:
        yield Sample("node_network_flags", flags, labels)
    yield from _numbers(directory, _ATTRIBUTES + _ATTRIBUTES_WHEN_UP if is_up else _ATTRIBUTES, labels)


def _numbers(directory: int, files: Iterable[tuple[str, str]], labels: Labels) -> Iterator[Sample]:
    for file, name in files:
        number = _number(directory, file)
        if number is not None:
            yield Sample(name, number, labels)


def _read(directory: int, file: str) -> bytes:
    # Relative to the open directory: the kernel would walk three links for each path from the root, at twice the cost.
    try:
        fd = os.open(file, _OPEN_FILE, dir_fd=directory)
    except OSError:
        return b""
    try:
        return os.read(fd, _MOST)
    except OSError:
        # An interface that is down refuses some: "invalid argument".
        return b""
    finally:
        os.close(fd)


def _text(directory: int, file: str) -> str:
    return _read(directory, file).decode("utf-8", "replace").strip()


def _number(directory: int, file: str) -> int | None:
    try:
        return int(_read(directory, file), 0)
    except ValueError:
        return None


def _has_hardware_or_is_up(directory: str, device: str) -> bool:
    if os.path.exists(directory + "/device"):
        return True
    if device == "lo" or device.startswith(_MADE_BY_SOFTWARE):
        return False
    try:
        return read_text(directory + "/operstate").strip() == "up"
    except OSError:
        return False
