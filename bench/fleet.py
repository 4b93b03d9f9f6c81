"""A fleet to measure with: enrolled hosts, and their signed lines made beforehand so that making them costs nothing."""

import random
from collections.abc import Iterator
from pathlib import Path

from driftvakt_collector.store import hosts, zones
from driftvakt_collector.store.engine import Store
from driftvakt_wire import encode
from driftvakt_wire.envelope import derive_key, digest, sign

SERIES = 60
_EPOCH = "0123456789abcdef"


def series_set(count: int = SERIES) -> bytes:
    """Return a set of `count` series as a small server has them, with real names."""
    keys: list[tuple[str, tuple[tuple[str, str], ...]]] = [("node_load1", ()), ("node_load5", ()), ("node_load15", ())]
    modes = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
    keys += [("node_cpu_seconds_total", (("cpu", str(cpu)), ("mode", mode))) for cpu in range(2) for mode in modes]
    memory = ("MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapTotal", "SwapFree", "Dirty")
    keys += [(f"node_memory_{name}_bytes", ()) for name in memory]
    for mount in ("/", "/var", "/home"):
        labels = (("device", "/dev/sda1"), ("fstype", "ext4"), ("mountpoint", mount))
        keys += [(f"node_filesystem_{what}_bytes", labels) for what in ("size", "free", "avail")]
    for device in ("lo", "eth0"):
        names = ("receive_bytes", "transmit_bytes", "receive_errs", "transmit_errs", "receive_drop", "transmit_drop")
        keys += [(f"node_network_{name}_total", (("device", device),)) for name in names]
    probes = [f"probe{one}" for one in range(21)]
    keys += [("driftvakt_probe_success", (("probe", name),)) for name in probes]
    while len(keys) < count:
        keys.append(("node_hwmon_temp_celsius", (("chip", "platform_coretemp_0"), ("sensor", f"temp{len(keys)}"))))
    return encode.series_set(keys[:count], {})


class Lines:
    """The lines of `count` hosts. `enrol` puts the hosts into a data directory first."""

    def __init__(self, count: int, seed: int = 1, series: int = SERIES, per_site: int = 25) -> None:
        self.count = count
        self.set = series_set(series)
        self.digest = digest(self.set)
        self._random = random.Random(seed)
        self._series = series
        self._per_site = per_site
        self.origins = [f"a-{index:016x}" for index in range(count)]
        self._keys: list[bytes] = []
        self._records: list[bytes] = []

    def enrol(self, data: Path) -> None:
        """Enrol the hosts in a data directory that `driftvakt init` made."""
        master = zones.load(data)["adm"]
        rows = [
            hosts.HostRow(origin, 1, f"host-{index:06d}.stockholm.se", "adm", f"Förvaltning {index % 40}",
                          f"Plats {index // self._per_site}", "server")
            for index, origin in enumerate(self.origins)
        ]  # fmt: skip
        store = Store(f"sqlite:///{data / 'store.db'}")
        store.write_now(lambda connection: hosts.save(connection, rows))
        store.close()
        self._keys = [derive_key(master, origin, 1) for origin in self.origins]
        self._records = [self._record() for _ in range(min(self.count, 500))]

    def _record(self) -> bytes:
        pick = self._random
        values: list[float | None] = [
            round(pick.random() * 100, 2) if index % 3 == 0 else float(pick.randrange(10 ** pick.randrange(1, 12)))
            for index in range(self._series)
        ]
        return encode.report(1764000000.25, 86423.1, 60.0, self.digest, values, {})

    def series(self) -> bytes:
        """Return the line that tells what the numbers mean; the first of the first host."""
        return sign(self._keys[0], self.origins[0], 1, _EPOCH, 1, encode.series(self.digest, self.set))

    def reports(self, rounds: int, first: int = 2) -> Iterator[bytes]:
        """Give `rounds` reports of each host."""
        for seq in range(first, first + rounds):
            for index, origin in enumerate(self.origins):
                yield sign(self._keys[index], origin, 1, _EPOCH, seq, self._records[index % len(self._records)])
