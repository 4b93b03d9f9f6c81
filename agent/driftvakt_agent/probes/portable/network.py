"""What went through each network interface since the start, and how it is set up."""

from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.probes.portable.source import ask, entries, number, or_no_data, psutil_or, samples
from driftvakt_agent.sample import Sample

_FIELDS = (
    ("bytes_recv", "node_network_receive_bytes_total", 1),
    ("packets_recv", "node_network_receive_packets_total", 1),
    ("errin", "node_network_receive_errs_total", 1),
    ("dropin", "node_network_receive_drop_total", 1),
    ("bytes_sent", "node_network_transmit_bytes_total", 1),
    ("packets_sent", "node_network_transmit_packets_total", 1),
    ("errout", "node_network_transmit_errs_total", 1),
    ("dropout", "node_network_transmit_drop_total", 1),
)
_MEGABIT = 1_000_000 / 8


def collect(host: Host, source: object | None = None) -> Iterator[Sample]:
    brief = host.profile == "workstation"
    found = _collect(psutil_or(source), brief=brief)
    return or_no_data(found, "this platform does not tell its network interfaces")


def _collect(source: object, *, brief: bool) -> Iterator[Sample]:
    idle = set()
    for device, one in entries(ask(source, "net_io_counters", pernic=True, nowrap=False)):
        if brief and not number(one, "bytes_recv") and not number(one, "bytes_sent"):
            # A Mac has twenty interfaces, most of which never carry anything.
            idle.add(device)
        else:
            yield from samples(one, _FIELDS, (("device", device),))
    for device, one in entries(ask(source, "net_if_stats")):
        if device in idle:
            continue
        labels = (("device", device),)
        up = getattr(one, "isup", None)
        if isinstance(up, bool):
            yield Sample("node_network_up", float(up), labels)
        speed = number(one, "speed")
        if speed:
            # 0 stands for unknown.
            yield Sample("node_network_speed_bytes", speed * _MEGABIT, labels)
        yield from samples(one, (("mtu", "node_network_mtu_bytes", 1),), labels)
