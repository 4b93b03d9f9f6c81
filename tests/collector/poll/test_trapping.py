"""Whose traps are taken: those of our devices, with what they may be asked with, and not more than a few."""

import pytest

from driftvakt_collector.poll.snmp.driver import Credential, Version
from driftvakt_collector.poll.trapping import Trapping, same_as
from driftvakt_collector.store.devices import DeviceRow

ROW = DeviceRow("d-1", "adm", "10.0.0.7", 161, "", 60.0, 1.0, "anna")
LAN, OTHER = Credential("lan", community="a"), Credential("other", community="b")
USER = Credential("strong", Version.V3, user="drift")


class Known:
    """Knows the devices of one address."""

    def knows(self, address: str) -> bool:
        return address == "10.0.0.7"


@pytest.mark.parametrize(("credential", "named", "expected"), [
    (LAN, "", True), (LAN, "lan", True), (OTHER, "", False), (LAN, "strong", False), (USER, "", True),
    (Credential("another name", community="a"), "lan", True), (Credential("x", Version.V3, user="else"), "", False),
])  # fmt: skip
def test_a_device_is_believed_with_what_it_may_be_asked_with(
    credential: Credential, named: str, expected: bool
) -> None:
    assert same_as(credential, ROW._replace(credential=named), [LAN, USER]) is expected


def test_strangers_use_up_nothing_of_what_our_devices_may_send() -> None:
    now = [0.0]
    trapping = Trapping(Known(), list, lambda *_: [], "127.0.0.1", 0, lambda: now[0])  # type: ignore[arg-type]

    for second in range(120):
        now[0] = float(second)
        assert not any(trapping._may(f"172.16.{second}.{number}") for number in range(200))
        assert trapping._may("10.0.0.7")
    assert (trapping.strangers, trapping.limited) == (24_000, 0)


def test_one_device_may_send_so_many() -> None:
    trapping = Trapping(Known(), list, lambda *_: [], "127.0.0.1", 0, lambda: 0.0)  # type: ignore[arg-type]

    assert sum(trapping._may("10.0.0.7") for _ in range(500)) in (60, 61)
    assert trapping.limited >= 439
