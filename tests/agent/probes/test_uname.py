import os
from pathlib import Path

from probing import machine

from driftvakt_agent.probes import uname


def test_the_kernel_and_the_machine() -> None:
    result = os.uname_result(("Linux", "skåp-7", "6.1.0-31-amd64", "#1 SMP Debian 6.1.128-1", "x86_64"))

    sample = uname.parse(result, "edu.example")

    assert sample.value == 1
    assert dict(sample.labels) == {
        "domainname": "edu.example",
        "machine": "x86_64",
        "nodename": "skåp-7",
        "release": "6.1.0-31-amd64",
        "sysname": "Linux",
        "version": "#1 SMP Debian 6.1.128-1",
    }


def test_a_machine_without_a_domain_says_so(tmp_path: Path) -> None:
    (sample,) = uname.collect(machine(tmp_path))

    assert ("domainname", "(none)") in sample.labels
    assert ("nodename", os.uname().nodename) in sample.labels
