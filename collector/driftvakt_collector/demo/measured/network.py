"""The network card, and on servers what the protocols count."""

from collections.abc import Iterator

from driftvakt_collector.demo.asset import Asset, Fault
from driftvakt_collector.demo.measured.key import Key, key, linux, server
from driftvakt_collector.demo.work import Work

_COUNTED = ("bytes", "packets", "errs", "drop")
_NETSTAT = ("Tcp_CurrEstab", "Tcp_InSegs", "Tcp_OutSegs", "Tcp_RetransSegs", "Tcp_PassiveOpens", "Udp_InDatagrams")


def keys(asset: Asset) -> Iterator[Key]:
    device = asset.model.nic
    for way in ("receive", "transmit"):
        for what in _COUNTED:
            yield key(f"node_network_{way}_{what}_total", device=device)
    for what in ("up", "speed_bytes", "mtu_bytes"):
        yield key(f"node_network_{what}", device=device)
    if linux(asset) and server(asset):
        for name in _NETSTAT:
            yield key(f"node_netstat_{name}")
        for name in ("sockets_used", "TCP_inuse", "TCP_tw"):
            yield key(f"node_sockstat_{name}")


def values(asset: Asset, work: Work) -> Iterator[float]:
    received, sent = _bytes(asset, work)
    broken = 0.02 if asset.fault is Fault.BAD_CABLE else 0.0
    for size, errors in ((received, broken), (sent, 0.0)):
        packets = size / 720
        yield int(size)
        yield int(packets)
        yield int(packets * errors)
        yield int(packets * 0.00001)
    yield 1.0
    yield asset.model.speed
    yield 1500.0
    if linux(asset) and server(asset):
        open_ = 15 + 240 * asset.traits.traffic * work.rhythm_now + 6 * work.bursts_now
        yield int(open_)
        yield int(received / 800)
        yield int(sent / 800)
        yield int(sent / 800 * 0.0004)
        yield int(0.1 * work.up + 6 * work.rhythm * asset.traits.traffic)
        yield int(0.6 * work.up + 2 * work.rhythm)
        yield int(open_ * 1.6 + 120)
        yield int(open_)
        yield int(open_ / 5)


def _bytes(asset: Asset, work: Work) -> tuple[float, float]:
    """Return what came in and what went out since the start. Servers send, computers fetch, backups fill the night."""
    much = 0.2 + asset.traits.traffic
    if server(asset):
        received = much * (4e3 * work.up + 4e5 * work.rhythm + 4e4 * work.bursts + 3e5 * work.night)
        sent = much * (5e3 * work.up + 1.4e6 * work.rhythm + 1e5 * work.bursts + 2.5e7 * work.night)
        return received, sent
    return (
        much * (1.2e3 * work.up + 9e4 * work.rhythm + 6e4 * work.bursts),
        much * (9e2 * work.up + 1.2e4 * work.rhythm + 5e3 * work.bursts),
    )
