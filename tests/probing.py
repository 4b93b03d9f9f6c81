"""What the tests of probes share: a machine made of files, series as text, and every Linux probe that is there."""

from collections.abc import Container, Iterable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from driftvakt_agent.host import Host
from driftvakt_agent.probes import LINUX, PROBES
from driftvakt_agent.sample import NoData, ProbeError, Sample

FIXTURES = Path(__file__).parent / "fixtures"
VM = FIXTURES / "vm_linux_6_18"
CORPORA = Path(__file__).resolve().parents[2] / "shared" / "corpora"


def machine(root: Path, files: Mapping[str, str | bytes] | None = None, profile: str = "server") -> Host:
    """Return a host below `root`, where these files are written first."""
    for path, content in (files or {}).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Host(proc=f"{root}/proc", sys=f"{root}/sys", root=str(root), profile=profile)


def shown(samples: Iterable[Sample]) -> dict[str, float]:
    """Return the samples as they read in an exposition: `node_load1{}` and its value. No series may come twice."""
    series: dict[str, float] = {}
    for sample in samples:
        labels = ",".join(f'{name}="{text}"' for name, text in sample.labels)
        key = f"{sample.name}{{{labels}}}" if labels else sample.name
        assert key not in series, f"{key} comes twice"
        series[key] = sample.value
    return series


def linux_probes(profile: str, leave_out: Container[str] = ()) -> Iterator[tuple[str, ModuleType]]:
    """Yield the name and module of each probe in the table that this profile runs on Linux."""
    for probe in PROBES:
        module = probe.module(LINUX)
        if probe.name not in leave_out and profile in probe.profiles and module and find_spec(module) is not None:
            yield probe.name, import_module(module)


def measure(host: Host, leave_out: Container[str] = ()) -> list[Sample]:
    """Return what all probes say of this host; those that have nothing to say here say nothing."""
    samples: list[Sample] = []
    for _, module in linux_probes(host.profile, leave_out):
        try:
            samples.extend(module.collect(host))
        except (NoData, ProbeError):
            continue
    return samples
