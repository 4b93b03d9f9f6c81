"""What a relay is given to ask: all that it needs, and no secret beyond."""

import json

import pytest

from driftvakt_collector.poll import assignment, keys
from driftvakt_collector.poll.checker import about
from driftvakt_collector.poll.keys import SshCredential
from driftvakt_collector.poll.snmp.driver import Credential, Version
from driftvakt_collector.store.devices import CredentialRow, DeviceRow
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.service_checks import ServiceCheckRow
from driftvakt_collector.trust.assignment import AssignmentError
from driftvakt_collector.trust.vault import Vault

VAULT, THERE = Vault(b"v" * 32), Vault(b"t" * 32)


def host(origin: str, site: str = "A-huset", class_: str = "switch") -> HostRow:
    return HostRow(origin, 1, f"namn å {origin}", "adm", "Idrott", site, class_, keeper="r-1")


def device(origin: str, site: str = "A-huset", **told: str) -> tuple[DeviceRow, HostRow]:
    return DeviceRow(origin, "adm", "10.0.0.7", 161, every=30.0, added_at=1.0, added_by="anna",
                     **{"credential": "", **told}), host(origin, site)  # fmt: skip


def snmp(name: str, site: str = "") -> CredentialRow:
    return keys.sealed(VAULT, "adm", site, Credential(name, Version.V2C, f"secret of {name}"), 1.0)


def ssh(name: str) -> CredentialRow:
    return keys.sealed(VAULT, "adm", "", SshCredential(name, "driftvakt", "", f"secret of {name}"), 1.0)


CHECK = ServiceCheckRow(
    "c-1", "adm", "smtp", "mail.example", 25, json.dumps({"tls": True}), VAULT.seal(b"hemligt", about("c-1")), 60.0,
    10.0, "E-post", 1.0, "anna",
)  # fmt: skip


def test_it_comes_out_as_it_went_in() -> None:
    one, troubles = assignment.of(
        [device("d-1"), device("d-2", how="ssh", credential="linux", host_key="ssh-ed25519 AAAA")],
        [(CHECK, host("c-1", class_="service"))], [snmp("lan"), ssh("linux")], VAULT, private=True,
    )  # fmt: skip
    found = assignment.rows(assignment.read(assignment.write(one)), "r-1", "adm", THERE, 2.0)

    assert troubles == []
    assert assignment.read(assignment.write(one)).private
    assert found.devices[0][0] == device("d-1")[0]._replace(added_at=0.0, added_by="")
    assert found.devices[1][0].host_key == "ssh-ed25519 AAAA"
    assert [one for _, one in found.devices] == [host("d-1"), host("d-2")]
    ((check, service),) = found.checks
    assert check._replace(sealed=b"") == CHECK._replace(sealed=b"", added_at=0.0, added_by="")
    assert THERE.open(check.sealed, about("c-1")) == b"hemligt"
    assert service == host("c-1", class_="service")
    lan, linux = found.credentials
    assert keys.snmp(THERE, lan).community == "secret of lan"
    assert keys.ssh(THERE, linux).password == "secret of linux"


@pytest.mark.parametrize(("asked", "expected"), [
    ([], set()),
    ([device("d-1")], {"lan", "here"}),
    ([device("d-1", site="B-huset")], {"lan"}),
    ([device("d-1", credential="here")], {"here"}),
    ([device("d-1", how="ssh", credential="linux")], {"linux"}),
    ([device("d-1", how="ssh", credential="")], set()),
])  # fmt: skip
def test_a_relay_is_given_no_secret_that_it_does_not_need(
    asked: list[tuple[DeviceRow, HostRow]], expected: set[str]
) -> None:
    known = [snmp("lan"), snmp("here", "A-huset"), snmp("elsewhere", "C-huset"), ssh("linux"), ssh("other")]

    one, _ = assignment.of(asked, [], known, VAULT, private=False)

    assert {told.name for told in one.credentials} == expected


def test_a_secret_that_can_not_be_read_keeps_nothing_else_back() -> None:
    lost = CHECK._replace(origin="c-2")

    one, troubles = assignment.of(
        [device("d-1")], [(lost, host("c-2")), (CHECK, host("c-1"))], [snmp("lan")._replace(name="taken"), snmp("b")],
        VAULT, private=False,
    )  # fmt: skip

    assert [told.name for told in one.credentials] == ["b"]
    assert [told.thing.origin for told in one.services] == ["c-1"]
    assert len(troubles) == 2
    assert all("was sealed with another key" in told for told in troubles)


def test_secrets_stand_in_no_repr() -> None:
    one, _ = assignment.of([device("d-1")], [(CHECK, host("c-1"))], [snmp("lan")], VAULT, private=False)

    assert "secret of" not in repr(one)
    assert "hemligt" not in repr(one)


@pytest.mark.parametrize("body", [b"", b"rubbish", assignment.write(assignment.Assignment())[:-3]])
def test_what_can_not_be_read(body: bytes) -> None:
    with pytest.raises(AssignmentError):
        assignment.read(body)
