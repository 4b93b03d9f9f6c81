"""Whose names a GLPI inventory tells."""

import pytest

from driftvakt_collector.glpi.persons import names, tells_accounts


@pytest.mark.parametrize(("content", "expected"), [
    pytest.param({"users": [{"login": "anna", "domain": "SKOLA"}]}, {"anna"}, id="who is logged in"),
    pytest.param({"USERS": {"LOGIN": r"SKOLA\anna"}}, {r"SKOLA\anna", "anna"}, id="an older agent, with a domain"),
    pytest.param({"hardware": {"lastloggeduser": "anna/bo"}}, {"anna", "bo"}, id="two who were logged in last"),
    pytest.param({"hardware": {"winowner": "Anna Ek"}}, {"Anna Ek", "Anna Eks"}, id="the registered owner"),
    pytest.param({"hardware": {"winowner": "Windows User"}}, set(), id="an owner that nobody named"),
    pytest.param({"local_users": [{"id": "1000", "login": "anna", "name": "Anna Ek,,,", "home": "/home/anek"}]},
                 {"anna", "anek", "Anna Ek", "Anna Eks"}, id="an account on Linux"),
    pytest.param({"local_users": [{"id": "8", "login": "mail", "name": "mail", "home": "/var/mail"}]}, set(),
                 id="an account of a program"),
    pytest.param({"local_users": [{"id": "65534", "login": "nobody"}]}, set(), id="nobody"),
    pytest.param({"local_users": [{"id": "501", "login": "anna", "home": "/Users/anna"}]}, {"anna"}, id="on macOS"),
    pytest.param({"local_users": [{"id": "S-1-5-21-1-2-3-501", "login": "Gäst"}]}, set(), id="Windows' own"),
    pytest.param({"local_users": [{"id": "S-1-5-21-1-2-3-1001", "name": "anna"}]}, {"anna"}, id="on Windows"),
    pytest.param({"local_users": [None, 7, {"id": [], "login": {}, "home": 3}], "users": "x", "hardware": []}, {"3"},
                 id="nonsense"),
])  # fmt: skip
def test_names(content: dict[str, object], expected: set[str]) -> None:
    assert {name for name in names(content) if name} == expected


def test_an_inventory_without_accounts_says_so() -> None:
    assert tells_accounts({"USERS": []})
    assert not tells_accounts({"printers": [], "hardware": {}})
