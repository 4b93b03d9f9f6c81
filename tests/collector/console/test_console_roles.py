"""Each role sees its pages and its part of the city, and nothing of the rest."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pyotp
import pytest
from alarming import alert
from collecting import host_row
from sqlalchemy import Connection
from starlette.applications import Starlette
from town import NOW, WALL
from visitor import Outline, Visitor

from driftvakt_collector.alert.decision import Situation, decide
from driftvakt_collector.alert.engine import RAISED, Judgement
from driftvakt_collector.alert.words import Words
from driftvakt_collector.console.access import GRANTS, May, Role
from driftvakt_collector.console.codes import Codes
from driftvakt_collector.console.desk_pages import NO_DESK
from driftvakt_collector.console.people_pages import LIMIT
from driftvakt_collector.console.routes import Console
from driftvakt_collector.desk import incidents as desk
from driftvakt_collector.desk import joining
from driftvakt_collector.desk.suppliers import keeping, token
from driftvakt_collector.desk.suppliers.evidence import Facts
from driftvakt_collector.desk.suppliers.handover import Always
from driftvakt_collector.desk.suppliers.supplier import Kind, Supplier
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.store import accounts, audit, hosts, logins
from driftvakt_collector.store.engine import Store
from driftvakt_collector.trust.vault import Vault

SECRET = "abcde-fghjk-mnpqr-stuvw"
LAN = Supplier("Lanbolaget", Kind.EMAIL, "noc@lan.example", answer_minutes=30)
ROWS = [
    host_row(1, name="slk-server", administration="SLK"),
    host_row(2, name="idrott-server", administration="Idrott"),
    host_row(3, name="idrott-switch", administration="Idrott", class_="switch", supplier="Lanbolaget"),
    host_row(4, name="slk-switch", administration="SLK", class_="switch", supplier="Annat AB"),
]
NAMES = {row.name for row in ROWS}
PEOPLE: dict[str, dict[str, object]] = {
    "adam": {"role": "admin"}, "olle": {"role": "operator"}, "jonna": {"role": "oncall"},
    "ida": {"role": "administration", "administrations": ("Idrott",)}, "eva": {"role": "executive"},
    "lars": {"role": "supplier", "supplier": "Lanbolaget"}, "nils": {"role": "administration"},
    "sara": {"role": "supplier"}, "rolf": {"role": "king"},
}  # fmt: skip


@dataclass
class Hall:
    """A console, and whoever is to look at it."""

    store: Store
    application: Starlette
    numbers: dict[str, int]

    def person(self, name: str) -> Visitor:
        made = Visitor(self.application)
        assert made.post("/login", name=name, secret=SECRET).status == 303, name
        return made


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('roles') / 'store.db'}")
    store.migrate()

    def fill(one: Connection) -> None:
        hosts.save(one, ROWS)
        for name, told in PEOPLE.items():
            logins.set_secret(one, name, SECRET)
            accounts.change(one, name, WALL, **told)

    store.write_now(fill)
    numbers = {}
    for row in ROWS:
        found = alert(
            origin=row.origin, subject=row.name, administration=row.administration, supplier=row.supplier,
            summary=Words(f"Fel på {row.name}", f"Fault of {row.name}"),
        )  # fmt: skip
        judged = [Judgement(RAISED, found, 1, decide(found, Situation()), WALL)]
        done = store.write_now(lambda one, judged=judged: joining.apply(one, judged, NO_DESK.rules, WALL, {}))  # type: ignore[misc]
        numbers[row.name] = done[found.fingerprint] or 0
    store.write_now(lambda one: desk.acknowledge(one, numbers["idrott-server"], "astrid", "sms", WALL))
    store.write_now(lambda one: keeping.start(
        one, numbers["idrott-switch"], LAN, Words("fel", "fault"), Facts("INC-1", "x", "y", WALL, WALL), WALL,
        clock=Always(), token=token.made(bytes(16)), who="bo", note="",
    ))  # fmt: skip
    fleet = Fleet(store.read(hosts.load), healthy_since=0.0)
    console = Console(fleet, store, now=lambda: NOW, wall=lambda: WALL, secure=False, codes=Codes(Vault(bytes(32))))
    yield Hall(store, Starlette(routes=console.routes(), exception_handlers=console.errors()), numbers)
    store.close()


PAGES = {
    "/": May.FLEET, "/search": May.CITY, "/software": May.CITY, "/applications": May.CITY, "/topology": May.CITY,
    "/coverage": May.COVERAGE, "/coverage/all?kind=ghost": May.ACCEPT, "/incidents": May.INCIDENTS,
    "/alerts": May.ALERTS, "/accounts": May.PEOPLE, "/audit": May.PEOPLE, "/oncall": May.STAFF,
    "/maintenance": May.ALERTS,
}  # fmt: skip


@pytest.mark.parametrize("name", ["adam", "olle", "jonna", "ida", "eva", "lars"])
def test_each_role_has_its_pages_and_no_other(hall: Hall, name: str) -> None:
    person = hall.person(name)
    role = Role(str(PEOPLE[name]["role"]))

    for url, may in PAGES.items():
        answer = person.get(url)
        assert answer.status == (200 if may in GRANTS[role] else 403), url
        if answer.status == 403:
            assert "Not for your role" in answer.text
            assert not any(one in answer.text for one in NAMES)
    menu = person.get("/").text
    assert ('href="/coverage"' in menu) == (May.COVERAGE in GRANTS[role])
    assert ('href="/search"' in menu) == (May.CITY in GRANTS[role])
    api = person.get("/api/v1/hosts")
    assert api.status == (200 if May.PROGRAMS in GRANTS[role] else 403)


SEEN = {
    "adam": NAMES, "olle": NAMES, "jonna": NAMES, "eva": NAMES, "ida": {"idrott-server", "idrott-switch"},
    "lars": {"idrott-switch"}, "nils": set[str](), "sara": set[str](),
}  # fmt: skip


@pytest.mark.parametrize("name", list(SEEN))
def test_each_sees_the_hosts_and_incidents_that_are_theirs(hall: Hall, name: str) -> None:
    person, seen = hall.person(name), SEEN[name]

    fleet, listed = (
        person.get("/").text,
        person.get("/incidents").text + person.get("/incidents?state=acknowledged").text,
    )
    assert {one for one in NAMES if one in fleet} == seen
    assert {one for one in NAMES if f"Fault of {one}" in listed} == seen
    for row in ROWS:
        page = person.get(f"/hosts/{row.origin}")
        assert page.status == (200 if row.name in seen else 404)
        assert {one for one in NAMES if one in page.text} <= seen
        incident = person.get(f"/incidents/{hall.numbers[row.name]}")
        assert incident.status == (200 if row.name in seen else 404)
        assert {one for one in NAMES if one in incident.text} <= seen
        inventory = person.get(f"/hosts/{row.origin}/inventory")
        if May.INVENTORY in GRANTS[Role(str(PEOPLE[name]["role"]))]:
            assert inventory.status == (200 if row.name in seen else 404)
        else:
            assert inventory.status == 403


@pytest.mark.parametrize("name", ["ida", "eva", "lars"])
def test_who_only_looks_changes_nothing_and_learns_no_names_of_our_people(hall: Hall, name: str) -> None:
    person = hall.person(name)
    number = hall.numbers["idrott-server"]
    before = hall.store.read(audit.count)

    for do in ("acknowledge", "escalate", "resolve", "note", "handover"):
        assert person.post(f"/incidents/{number}", do=do, text="x").status == 403
    assert hall.store.read(audit.count) == before
    if name != "lars":
        page = person.get(f"/incidents/{number}").text
        assert "astrid" not in page
        assert "<form" not in page.partition("<main")[2]
    assert "astrid" not in person.get("/incidents?state=acknowledged").text


def test_an_account_of_an_unknown_role_is_let_in_nowhere(hall: Hall) -> None:
    stranger = Visitor(hall.application)

    assert stranger.post("/login", name="rolf", secret=SECRET).status == 401


def test_an_account_that_is_disabled_is_out_at_once(hall: Hall) -> None:
    person = hall.person("jonna")
    assert person.get("/").status == 200
    hall.store.write_now(lambda one: accounts.change(one, "jonna", WALL, disabled=True))
    try:
        assert person.get("/").status == 303
        assert Visitor(hall.application).post("/login", name="jonna", secret=SECRET).status == 401
    finally:
        hall.store.write_now(lambda one: accounts.change(one, "jonna", WALL, disabled=False))


def test_what_is_done_is_written_down_with_who_did_it(hall: Hall) -> None:
    person = hall.person("olle")
    number = hall.numbers["slk-server"]
    assert person.post(f"/incidents/{number}", do="note", text="ser på det").status == 303
    assert person.post("/logout").status == 303

    found = [(one.who, one.what, one.object) for one in hall.store.read(lambda one: audit.listed(one, 3))]

    assert found == [
        ("olle", "login.ended", "olle"), ("olle", "incident.changed", f"INC-{number}"), ("olle", "login.made", "olle"),
    ]  # fmt: skip
    assert hall.store.read(audit.verify).wrong == ""


def test_a_wrong_secret_of_somebody_is_written_down_and_a_guessed_name_is_not(hall: Hall) -> None:
    stranger = Visitor(hall.application, "192.0.2.99")
    before = hall.store.read(audit.count)

    assert stranger.post("/login", name="olle", secret="fel").status == 401
    assert stranger.post("/login", name="nobody", secret="fel").status == 401

    (entry,) = hall.store.read(lambda one: audit.listed(one, 1))
    assert hall.store.read(audit.count) == before + 1
    assert (entry.who, entry.what) == ("olle", "login.refused")
    assert "192.0.2.99" in entry.detail
    assert "fel" not in entry.detail


def test_with_codes_a_secret_alone_opens_nothing_and_a_code_is_good_once(hall: Hall) -> None:
    secret, sealed, _ = Codes(Vault(bytes(32))).make("adam")
    hall.store.write_now(lambda one: accounts.change(one, "adam", WALL, totp=sealed))
    code = pyotp.TOTP(secret).at(int(WALL))
    try:

        def tries(**told: str) -> int:
            return Visitor(hall.application, "192.0.2.50").post("/login", name="adam", secret=SECRET, **told).status

        assert tries() == 401
        assert tries(code="000000" if code != "000000" else "000001") == 401
        assert tries(code=f" {code[:3]} {code[3:]} ") == 303
        assert tries(code=code) == 401
        assert tries(code=pyotp.TOTP(secret).at(int(WALL) - 60)) == 401
    finally:
        hall.store.write_now(lambda one: accounts.change(one, "adam", WALL, totp="", totp_at=0.0))


def test_a_secret_that_an_earlier_release_hashed_is_good_and_hashed_anew(hall: Hall) -> None:
    import base64
    import hashlib

    salt = b"0123456789abcdef"
    hashed = hashlib.scrypt(SECRET.encode(), salt=salt, n=2**14, r=8, p=1, maxmem=64 * 1024 * 1024)
    old = f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(hashed).decode()}"
    hall.store.write_now(lambda one: accounts.change(one, "olle", WALL, secret=old))

    hall.person("olle")

    assert not hall.store.write_now(lambda one: logins.renew_hash(one, "olle", SECRET))
    hall.person("olle")


def test_a_login_that_is_not_there_costs_as_much_as_one_that_is(hall: Hall) -> None:
    def cost(name: str) -> float:
        began = time.process_time()
        hall.store.read(lambda one: logins.check_secret(one, name, "wrong"))
        return time.process_time() - began

    there, nowhere = min(cost("olle") for _ in range(3)), min(cost("nobody") for _ in range(3))

    assert there / 3 < nowhere < there * 3


def test_an_administrator_sees_accounts_and_sessions_and_ends_them(hall: Hall) -> None:
    hostile = "<script>alert(1)</script>"
    hall.store.write_now(lambda one: logins.open_session(one, "olle", WALL, 3600.0, "192.0.2.8", hostile))
    hall.person("olle")
    person = hall.person("adam")

    page = person.get("/accounts")
    assert page.status == 200
    assert "192.0.2.8" in page.text
    assert hostile not in page.text
    Outline(page.text)
    (first,) = [one for one in hall.store.read(lambda one: accounts.sessions(one, WALL, "olle")) if one.browser]
    assert person.post("/accounts/olle", do="end", session=first.token[:12]).status == 303
    left = hall.store.read(lambda one: accounts.sessions(one, WALL, "olle"))
    assert left
    assert first not in left
    assert person.post("/accounts/olle", do="disable").status == 303
    assert hall.store.read(lambda one: accounts.sessions(one, WALL, "olle")) == []
    assert "disabled" in person.get("/accounts").text
    assert person.post("/accounts/olle", do="enable").status == 303
    assert person.post("/accounts/nobody", do="disable").status == 404
    assert person.post("/accounts/olle", do="promote").status == 409
    answer = person.post("/accounts/adam", do="disable")
    assert answer.status == 409
    assert "the only platform administrator" in answer.text
    assert person.get("/").status == 200


def test_the_log_is_read_and_searched_in_the_console(hall: Hall) -> None:
    for number in range(LIMIT):
        hall.store.write_now(
            lambda one, number=number: audit.write(
                one, WALL, "<b>eve", audit.API, "list.brought", f"l-{number}", {"n": 1}
            )  # type: ignore[misc]
        )
    person = hall.person("adam")

    page = person.get("/audit?who=%3Cb%3Eeve")
    Outline(page.text)
    assert page.text.count("list.brought") == LIMIT
    assert "<b>eve" not in page.text
    assert "l-99" in page.text
    assert "Older" in page.text
    assert "No entry fits" in person.get("/audit?who=nobody").text
    assert "No entry fits" in person.get("/audit?who=%3Cb%3Eeve&before=1").text
    assert person.get("/audit?before=x&what=%00&object=%F0%9F%98%80").status == 200
    one = person.get("/audit?object=l-7").text
    assert one.count("list.brought") == 1
