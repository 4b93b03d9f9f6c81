import pytest

from driftvakt_collector.console.guard import FREE, Guard, network, wait_after


def failed(guard: Guard, address: str, times: int, now: float = 0.0) -> None:
    for _ in range(times):
        guard.attempt(address, now)


def test_a_few_failures_are_free_then_each_costs_more() -> None:
    guard = Guard()

    failed(guard, "192.0.2.1", FREE - 1)
    assert guard.wait("192.0.2.1", 0.0) == 0.0

    failed(guard, "192.0.2.1", 1)
    assert guard.wait("192.0.2.1", 0.0) == 30.0
    assert guard.wait("192.0.2.1", 31.0) == 0.0
    assert guard.wait("192.0.2.2", 0.0) == 0.0


def test_the_wait_doubles_up_to_a_quarter_of_an_hour() -> None:
    assert [wait_after(FREE + more) for more in (0, 1, 2, 9, 500)] == [30, 60, 120, 900, 900]


def test_the_right_secret_clears_the_account() -> None:
    guard = Guard()
    failed(guard, "192.0.2.1", FREE)

    guard.succeeded("192.0.2.1")

    assert guard.wait("192.0.2.1", 0.0) == 0.0


def test_many_addresses_at_once_slow_everybody_down() -> None:
    guard = Guard()
    for number in range(20):
        guard.attempt(f"192.0.2.{number}", number / 10)

    assert guard.pause(2.0) > 0
    assert guard.pause(100.0) == 0


def test_what_is_kept_is_bounded() -> None:
    guard = Guard()
    for number in range(12_000):
        guard.attempt(f"10.{number >> 8}.{number & 255}.1", 0.0)

    assert len(guard._failed) == 10_000


@pytest.mark.parametrize(("address", "expected"), [
    pytest.param("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", id="a whole /64 is one"),
    pytest.param("::ffff:192.0.2.1", "192.0.2.1", id="IPv4 in IPv6 is IPv4"),
    pytest.param("testclient", "unknown", id="what is no address"),
])  # fmt: skip
def test_network(address: str, expected: str) -> None:
    assert network(address) == expected
