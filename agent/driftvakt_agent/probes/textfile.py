"""Series that other programs leave in files, in the text format of Prometheus.

Example:
    $ cat /var/lib/driftvakt-agent/textfile/backup.prom
    # HELP backup_last_success_timestamp_seconds When the last good backup ended.
    # TYPE backup_last_success_timestamp_seconds gauge
    backup_last_success_timestamp_seconds{job="db"} 1.7636544e+09

As with node_exporter, a file with a mistake or with timestamps gives nothing, node_textfile_scrape_error says so, and
the other files are unharmed. Write to another name and rename: a file that is half written is one with a mistake.
The samples carry their type and help (`DeclaredSample`), because no table declares them.

Under the privacy profile `edu` only the names in `[probes.textfile] allow` are sent, without their help, and of these
no series with a person in a label.
"""

import os
import stat
from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.sample import DeclaredSample, Labels, NoData, Sample

DIRECTORY = "/var/lib/driftvakt-agent/textfile"
ROOT_FILE = "/var/lib/driftvakt-root/smart.prom"
MAX_FILE = 1024 * 1024
MAX_FILES = 500
MAX_SAMPLES = 5000
"""Samples of the whole directory; what would go past it is left out, and an error."""

_OWN = ("node_textfile_", "driftvakt_textfile_")
_OWN_SERIES = ("driftvakt_textfile_dropped_samples", "node_textfile_scrape_error")


def collect(host: Host) -> Iterator[Sample]:
    if host.persons is None:
        yield from _collect(host)
        return
    # Whoever writes a file may write any name into it: what the operator has not named stays here.
    allowed = host.settings.get("textfile", {}).get("allow", ())
    for sample in _collect(host):
        if sample.name in _OWN_SERIES:
            yield sample
        elif isinstance(sample, DeclaredSample) and isinstance(allowed, list | tuple) and sample.name in allowed:
            sample.help = ""
            if host.persons.bears(sample.labels):
                yield sample


def _collect(host: Host) -> Iterator[Sample]:
    directory = host.settings.get("textfile", {}).get("directory")
    path = str(directory) if directory else host.root + DIRECTORY
    # What the root timer left of the disks is one more of them.
    files = [file for file in [host.root + ROOT_FILE] if os.path.exists(file)]
    try:
        files += sorted(os.path.join(path, name) for name in os.listdir(path) if name.endswith(".prom"))
    except OSError as e:
        if directory or not isinstance(e, FileNotFoundError):
            yield Sample("node_textfile_scrape_error", 1)
            return
        if not files:
            raise NoData(f"no directory {path}") from e
    merge = Merge()
    for file in files[:MAX_FILES]:
        try:
            text, modified = _read(file)
            yield from merge.add(text, file)
        except (OSError, ValueError):
            merge.failed = True
            continue
        yield Sample("node_textfile_mtime_seconds", modified, (("file", file),))
    yield Sample("driftvakt_textfile_dropped_samples", merge.dropped)
    yield Sample("node_textfile_scrape_error", float(merge.failed or len(files) > MAX_FILES))


class Merge:
    """The files of one directory, joined. failed: something was refused. dropped: samples that are not finite."""

    def __init__(self) -> None:
        self.failed = False
        self.dropped = 0
        self._seen: set[tuple[str, Labels]] = set()
        self._families: dict[str, tuple[str, str]] = {}

    def add(self, text: str, file: str) -> Iterator[DeclaredSample]:
        """Yield the samples of a file that clash with none before them. Raises ValueError for a faulty file."""
        # Imported here: an agent without any such file does not carry it.
        from driftvakt_agent.exposition import parse

        exposition = parse(text, MAX_SAMPLES)
        self.dropped += exposition.not_finite
        for sample in exposition.samples:
            if self._clashes(sample):
                self.failed = True
                continue
            self._seen.add(sample.key())
            sample.help = sample.help or f"Metric read from {file}."
            yield sample

    def _clashes(self, sample: DeclaredSample) -> bool:
        """Say whether the series is there already, or its name with another type or help, or there is no more room."""
        kind, help_ = self._families.setdefault(sample.name, (sample.type, sample.help))
        other_help = help_ != sample.help and "" not in (help_, sample.help)
        return (
            sample.type != kind
            or other_help
            or sample.key() in self._seen
            or len(self._seen) >= MAX_SAMPLES
            or sample.name.startswith(_OWN)
        )


def _read(path: str) -> tuple[str, float]:
    """Return the text and the whole second when it was written. Raises ValueError for what is no text."""
    # Somebody else owns the directory: a FIFO must not block us, and a device is no file.
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE:
            raise ValueError(f"{path} is no file, or longer than {MAX_FILE} bytes")
        chunks = []
        left = MAX_FILE + 1
        while left > 0 and (chunk := os.read(fd, left)):
            chunks.append(chunk)
            left -= len(chunk)
    finally:
        os.close(fd)
    # PowerShell begins a file with a byte order mark.
    return b"".join(chunks).decode("utf-8-sig"), status.st_mtime // 1
