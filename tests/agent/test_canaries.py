"""A thousand planted names, and what an agent under `edu` sends of them: nothing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from canaries import Planter, failed_units, plant
from probing import VM

from driftvakt_agent import dbus, runner
from driftvakt_agent.host import Host
from driftvakt_agent.probes import LINUX, PROBES, Probe, systemd
from driftvakt_agent.report import Names
from driftvakt_agent.runner import Runner
from driftvakt_wire import encode
from driftvakt_wire.privacy import offence

# What runs apt-get on the machine of the test is not about persons.
LEFT_OUT = ("updates",)


class Machine:
    """A fake machine with names on it, and the records that an agent there would send."""

    def __init__(self, place: Path, seed: int) -> None:
        self.root = place / "root"
        shutil.copytree(VM, self.root)
        self.planter = Planter(seed)
        self.settings = plant(self.root, self.planter, place / "scripts")
        self.units = failed_units(self.planter, self.planter.names)

    def host(self, privacy: str, profile: str) -> Host:
        root = str(self.root)
        return Host(f"{root}/proc", f"{root}/sys", root, profile, settings=self.settings, privacy=privacy)

    def sent(self, privacy: str, profile: str = "server", cycles: int = 2) -> list[tuple[str, bytes]]:
        """Return kind and bytes of all records of some cycles."""
        host = self.host(privacy, profile)
        names, run = Names(host.persons), Runner(host, self._load)
        probes = [one for one in PROBES if profile in one.profiles and one.name not in LEFT_OUT and one.module(LINUX)]
        records: list[tuple[str, bytes]] = []
        for _ in range(cycles):
            outcomes = run.run(probes)
            samples = [sample for outcome in outcomes for sample in outcome.samples]
            families = {name: said for outcome in outcomes for name, said in outcome.families.items()}
            records += [
                ("event", encode.event(1, one.name, one.text)) for outcome in outcomes for one in outcome.happenings
            ]
            numbers = names.numbers(samples, families)
            report = encode.report(1, 1, 60, numbers.series, numbers.values, numbers.sections)
            records += [
                ("report", report),
                ("series", encode.series(names.set_digest, names.set)),
                ("section", encode.section("info", names.info_digest, names.info)),
            ]
        return records

    def _load(self, probe: Probe) -> runner.Collect:
        if probe.name == "systemd":
            return lambda _host: systemd.Manager(self._answer).samples()
        return runner._import(probe)

    def _answer(self, _: str, __: str, ___: str, member: str, *texts: str) -> list[dbus.Value]:
        if member == "ListUnits":
            return [self.units]
        answers: dict[str, dbus.Value] = {"Version": "252", "SystemState": "degraded", "Type": "simple"}
        return [answers[texts[1]]]

    def found(self, records: list[tuple[str, bytes]]) -> set[str]:
        text = b"\n".join(record for _, record in records).decode().lower()
        return {name for name in self.planter.names if name in text}


@pytest.fixture(scope="module", params=[1, 2])
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with pytest.MonkeyPatch.context() as patch:
        made = Machine(tmp_path_factory.mktemp("canaries"), request.param)
        name = made.planter.names[0]
        patch.setattr(os, "uname", lambda: os.uname_result(("Linux", f"{name}s-laptop", "6.1", "#1 SMP", "x86_64")))
        yield made


@pytest.mark.skipif(sys.platform != "linux", reason="the planted machine is a Linux")
@pytest.mark.parametrize("profile", ["server", "workstation"])
def test_none_of_a_thousand_names_is_sent(machine: Machine, profile: str) -> None:
    records = machine.sent("edu", profile)

    assert len(machine.planter.names) >= 1000
    assert machine.found(records) == set()
    assert [why for kind, record in records if (why := offence(record, kind))] == []


@pytest.mark.skipif(sys.platform != "linux", reason="the planted machine is a Linux")
def test_without_the_profile_they_are_and_the_doors_would_refuse_them(machine: Machine) -> None:
    records = machine.sent("full")
    refused = {kind for kind, record in records if offence(record, kind)}

    assert len(machine.found(records)) > 200
    # A check's first line is a free text: only the agent knows that it may hold a name.
    assert refused >= {"series", "section"}


@pytest.mark.skipif(sys.platform != "linux", reason="the planted machine is a Linux")
def test_what_is_of_nobody_is_still_measured(machine: Machine) -> None:
    text = b"\n".join(record for _, record in machine.sent("edu", cycles=1)).decode()

    for kept in (
        '["node_filesystem_free_bytes","device","/dev/vda","fstype","ext4","mountpoint","/"]',
        '"device","/dev/vdb","fstype","ext4","mountpoint","/home"]',
        '["node_filesystem_readonly","device","*","fstype","cifs","mountpoint","/mnt/h6"]',
        '["driftvakt_check_state","check","check 3"]',
        '["driftvakt_users_logged_in"]',
        '["node_processes_pids"]',
        '["node_network_up","device","eth0"]',
        '["node_systemd_unit_state","name","user@*","state","failed","type","simple"]',
        '["allowed_seconds","job","db"]',
        '"text":"check 3 is warning"',
    ):
        assert kept in text, kept


@pytest.mark.skipif(sys.platform != "linux", reason="the planted machine is a Linux")
def test_nobody_learns_when_a_pupil_sits_at_a_pc(machine: Machine) -> None:
    text = b"\n".join(record for _, record in machine.sent("edu", "workstation")).decode()

    assert "driftvakt_users_logged_in" not in text
    assert "/run/user/" not in text


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_command_line_of_this_machine_is_sent() -> None:
    name = "kvxprocessnamn"
    running = subprocess.Popen([sys.executable, "-c", "input()", name], stdin=subprocess.PIPE)
    try:
        host = Host(privacy="edu")
        names = Names(host.persons)
        probes = [one for one in PROBES if one.module(LINUX) and one.name not in LEFT_OUT]
        names.numbers([sample for one in Runner(host).run(probes) for sample in one.samples], {})
    finally:
        running.communicate(b"\n")

    assert name.encode() not in names.set + names.info
    assert b"node_processes_pids" in names.set
