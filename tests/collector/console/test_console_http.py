from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from town import NOW, WALL, town
from visitor import Outline, Visitor

from driftvakt_collector.console import host_page
from driftvakt_collector.console.form import local_path
from driftvakt_collector.console.reply import POLICY
from driftvakt_collector.console.routes import Console
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.store import logins
from driftvakt_collector.store.engine import Store

SECRET = "abcde-fghjk-mnpqr-stuvw"
TOWN = town(40)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("store")
    opened = Store(f"sqlite:///{folder / 'store.db'}")
    opened.migrate()
    opened.write_now(lambda one: logins.set_secret(one, "admin", SECRET))
    yield opened
    opened.close()


def application(store: Store, fleet: Fleet = TOWN, *, secure: bool = False, wall: float = WALL) -> Starlette:
    console = Console(fleet, store, now=lambda: NOW, wall=lambda: wall, secure=secure)
    return Starlette(routes=console.routes(), exception_handlers=console.errors())


@pytest.fixture
def stranger(store: Store) -> Visitor:
    return Visitor(application(store))


@pytest.fixture
def visitor(stranger: Visitor) -> Visitor:
    assert stranger.login(SECRET).status == 303
    return stranger


@pytest.mark.parametrize("path", ["/", "/hosts/a-000001", "/nowhere"])
def test_a_stranger_is_sent_to_the_login(stranger: Visitor, path: str) -> None:
    answer = stranger.get(path)

    assert answer.status == 303
    assert answer.headers["location"].startswith("/login")


def test_the_login_leads_back_to_where_one_was_going(stranger: Visitor) -> None:
    asked = stranger.get("/hosts/a-000001?series=cpu")
    form = stranger.get(asked.headers["location"])
    answer = stranger.login(SECRET, next="/hosts/a-000001?series=cpu")

    assert 'value="/hosts/a-000001?series=cpu"' in form.text
    assert answer.headers["location"] == "/hosts/a-000001?series=cpu"
    assert stranger.get("/hosts/a-000001").status == 200


@pytest.mark.parametrize("text", ["//evil.test", "https://evil.test", "/\\evil.test", "/\t/evil.test", "", "x", "/\n"])
def test_the_login_leads_nowhere_else(text: str) -> None:
    assert local_path(text) == "/"


def test_the_cookie_is_kept_from_scripts_and_other_sites(store: Store) -> None:
    plain = Visitor(application(store)).login(SECRET).headers["set-cookie"]
    secure = Visitor(application(store, secure=True)).login(SECRET).headers["set-cookie"]

    assert plain.startswith("driftvakt=")
    assert secure.startswith("__Host-driftvakt=")
    for part in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"):
        assert part in plain
        assert part in secure
    assert ("Secure" in plain, "Secure" in secure) == (False, True)


def test_a_session_ends_after_twelve_hours(store: Store, visitor: Visitor) -> None:
    later = Visitor(application(store, wall=WALL + 12 * 3600 + 1))
    later.cookies = visitor.cookies

    assert later.get("/").status == 303


def test_logging_out_ends_the_session_and_not_just_the_cookie(visitor: Visitor) -> None:
    kept = dict(visitor.cookies)

    assert visitor.post("/logout").headers["location"] == "/login"

    visitor.cookies = kept
    assert visitor.get("/").status == 303


@pytest.mark.parametrize("fields", [
    pytest.param({"name": "admin", "secret": "wrong"}, id="a wrong secret"),
    pytest.param({"name": "nobody", "secret": SECRET}, id="an unknown name"),
    pytest.param({"name": "ad\0min", "secret": SECRET}, id="a name that no database holds"),
    pytest.param({}, id="nothing at all"),
])  # fmt: skip
def test_a_wrong_login_says_the_same_whatever_was_wrong(stranger: Visitor, fields: dict[str, str]) -> None:
    answer = stranger.post("/login", **fields)

    assert answer.status == 401
    assert "do not belong together" in answer.text
    assert "set-cookie" not in answer.headers
    assert SECRET not in answer.text


def test_after_five_failures_even_the_right_secret_waits(store: Store) -> None:
    app = application(store)
    guesser = Visitor(app, "198.51.100.9")
    for _ in range(5):
        assert guesser.login("guess").status == 401

    answer = guesser.login(SECRET)

    assert answer.status == 429
    assert answer.headers["retry-after"] == "31"
    assert "Try again in" in answer.text
    assert Visitor(app, "198.51.100.10").login(SECRET).status == 303


@pytest.mark.parametrize(("headers", "status"), [
    pytest.param({"origin": "http://console.test"}, 303, id="our own page by its origin"),
    pytest.param({"sec-fetch-site": "same-origin"}, 303, id="our own page by the browser's word"),
    pytest.param({"origin": "https://evil.test"}, 403, id="another site"),
    pytest.param({"origin": "null"}, 403, id="a page without an origin"),
    pytest.param({"origin": "http://console.test", "sec-fetch-site": "cross-site"}, 403, id="the browser says no"),
    pytest.param({"origin": "http://[::1"}, 403, id="an origin that is none"),
    pytest.param({}, 403, id="nobody vouches"),
])  # fmt: skip
def test_only_our_own_pages_may_post(store: Store, headers: dict[str, str], status: int) -> None:
    visitor = Visitor(application(store))
    visitor.headers = headers

    assert visitor.login(SECRET).status == status


def test_a_form_is_small(stranger: Visitor) -> None:
    assert stranger.login("x" * 10_000).status == 413


@pytest.mark.parametrize("path", ["/", "/?q=h%C3%A4sselby&sort=disk&page=2", "/?state=silent", "/hosts/a-00000f",
                                  "/hosts/a-000009", "/hosts/unknown", "/nowhere", "/login?x=1"])  # fmt: skip
def test_every_page_is_whole_and_strict(visitor: Visitor, path: str) -> None:
    if path.startswith("/login"):
        visitor.cookies = {}

    answer = visitor.get(path)
    outline = Outline(answer.text)

    assert outline.wrong == []
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    names = {name for name, _ in outline.attributes}
    assert not {name for name in names if name.startswith("on")} | names & {"style"}
    assert not [
        tag for tag, attributes in outline.elements if tag == "style" or (tag == "script" and "src" not in attributes)
    ]
    ids = [text for name, text in outline.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_every_page_tells_where_it_is_and_names_its_fields(visitor: Visitor) -> None:
    answer = visitor.get("/")

    assert '<html lang="en">' in answer.text
    assert 'href="#main"' in answer.text
    assert "<title>Fleet · driftvakt</title>" in answer.text
    assert "Hässelby-Vällingby stadsdelsförvaltning" in answer.text


@pytest.mark.parametrize("path", ["/hosts/unknown", "/nowhere", "/static/../routes.py", "/static/none.css"])
def test_what_is_not_there(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status == 404


def test_a_machine_is_told_in_plain_text(stranger: Visitor) -> None:
    answer = stranger.get("/v1/nothing")

    assert (answer.status, answer.text) == (404, "Not Found\n")


def test_static_files_are_kept_for_as_long_as_they_stay_the_same(stranger: Visitor) -> None:
    page = stranger.get("/login").text
    url = next(text for name, text in Outline(page).attributes if name == "href" and text and "base.css" in text)

    assert "immutable" in stranger.get(url).headers["cache-control"]
    assert stranger.get("/static/base.css?v=old").headers["cache-control"] == "no-cache"
    assert stranger.get(url).headers["content-type"].startswith("text/css")


def test_static_files_ask_nothing_of_other_machines() -> None:
    from driftvakt_collector.console import pages

    for path in (pages._HERE / "static").iterdir():
        text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "//" not in text.replace("\n//", "").replace("  //", "") or path.suffix == ".js", path
        assert "http:" not in text
        assert "https:" not in text
        assert "@import" not in text


def test_an_empty_fleet_says_how_to_begin(store: Store) -> None:
    visitor = Visitor(application(store, Fleet([], 0.0)))
    visitor.login(SECRET)

    assert "driftvakt add-host --data" in visitor.get("/").text


def test_no_match_offers_the_way_back(visitor: Visitor) -> None:
    assert "No host matches" in visitor.get("/?q=zzzzzzzz").text


def test_a_page_that_breaks_says_so_and_no_more(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("the inside of it")

    monkeypatch.setattr(host_page, "build", broken)

    answer = visitor.get("/hosts/a-000001")

    assert answer.status == 500
    assert "Something went wrong here" in answer.text
    assert "the inside of it" not in answer.text
    assert answer.headers["content-security-policy"] == POLICY


def test_a_method_that_a_page_does_not_know(visitor: Visitor) -> None:
    answer = visitor.post("/")

    assert answer.status == 405
    assert "GET" in answer.headers["allow"]
